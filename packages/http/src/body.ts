import type { Request } from 'express';
import { isUtf8 } from 'node:buffer';
import { Problem } from './problem.ts';

/** Refused before it is parsed: a body much deeper exhausts the stack of whoever walks it. */
const DEPTH_MAX = 64;

/** Reads the whole body, or throws `payload_too_large` as soon as it is known. Compressed bodies are not taken. */
export async function readBody(request: Request, limitBytes: number): Promise<Buffer> {
  if (Number(request.headers['content-length']) > limitBytes) throw new Problem('payload_too_large', { detail: `At most ${limitBytes} bytes` });
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') throw new Problem('unsupported_media_type', { detail: 'Compressed bodies are not taken' });
  const timer = setTimeout(() => cutOff(request), Number(request.app.locals['bodyTimeoutMs']));
  return gatherChunks(request, limitBytes).finally(() => clearTimeout(timer));
}

/** By hand: an async iterator takes longer for one small body than all that is done with it. What is too large is left unread. */
function gatherChunks(request: Request, limitBytes: number): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  let size = 0;
  const onData = (chunk: Buffer) => {
    size += chunk.length;
    chunks.push(chunk);
    if (size <= limitBytes) return;
    request.off('data', onData).pause();
    reject(new Problem('payload_too_large', { detail: `At most ${limitBytes} bytes` }));
  };
  request.on('data', onData).once('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks))).on('error', reject)
    // Every request closes in the end, and an error that nobody gets costs a stack trace.
    .once('close', () => { if (!request.readableEnded) reject(new Error('The request broke off')); });
  return promise;
}

/** 408, as Node itself answers who sends too slowly; no problem has that status, so there is no body. The server's own limit leaves time for streams. */
export function cutOff({ res: response, socket }: Request): void {
  if (response === undefined || response.headersSent) socket.destroy();
  else response.status(408).set('connection', 'close').end();
}

export function isJsonType(contentType: string | undefined): boolean {
  return /^application\/json *(;|$)/i.test(contentType ?? '');
}

/** `malformed_json` for bytes that are not UTF-8, text that is not JSON, and nesting beyond reason. */
export function parseJson(bytes: Buffer, { depthMax = DEPTH_MAX } = {}): { text: string; value: unknown } {
  const text = decodeUtf8(bytes);
  if (depthOf(text) > depthMax) throw new Problem('malformed_json', { detail: `Nested deeper than ${depthMax} levels` });
  try {
    return { text, value: JSON.parse(text) };
  } catch {
    throw new Problem('malformed_json', { detail: 'The body is not readable JSON' });
  }
}

/** A JSON body within `limitBytes`. An action without arguments may come without one, also from a client that names its content type always: `{}`. */
export async function readJson(request: Request, limitBytes: number): Promise<unknown> {
  const contentType = request.headers['content-type'];
  const bytes = await readBody(request, limitBytes);
  if (bytes.length === 0 && (contentType === undefined || isJsonType(contentType))) return {};
  if (!isJsonType(contentType)) throw new Problem('unsupported_media_type');
  return parseJson(bytes).value;
}

function decodeUtf8(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw new Problem('malformed_json', { detail: 'The body is not UTF-8' });
  return bytes.toString('utf8');
}

function depthOf(text: string): number {
  let [depth, deepest, isInString] = [0, 0, false];
  for (let index = 0; index < text.length; index++) {
    const character = text.charCodeAt(index);
    if (isInString) {
      if (character === 0x5c) index++;
      else if (character === 0x22) isInString = false;
    } else if (character === 0x22) isInString = true;
    else if (character === 0x5b || character === 0x7b) deepest = Math.max(deepest, ++depth);
    else if (character === 0x5d || character === 0x7d) depth--;
  }
  return deepest;
}

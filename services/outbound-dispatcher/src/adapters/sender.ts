import { request as requestHttp, type ClientRequest, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { AttemptResult } from '../domain/attempt-result.ts';
import type { Egress } from './egress.ts';

interface SenderSettings {
  /** From the start to the end of the answer's body, or of as much of it as is read. */
  timeoutMs: number;
  /** Of the answer's body, for who asked. */
  keptMaxBytes: number;
}

interface OutgoingRequest {
  url: string;
  headers: Record<string, string>;
  body: string;
}

export type Send = (request: OutgoingRequest) => Promise<AttemptResult>;

/** What is read of an answer's body; the rest is left. */
export const READ_MAX_BYTES = 65_536;
/** What of it an attempt's record keeps. */
export const KEPT_MAX_BYTES = 4_096;

/**
 * One POST, exactly as given. Never throws: whatever goes wrong is a result. By Node's own client, which follows no redirect, retries nothing
 * and unpacks nothing (ADR 14); where it may connect to is for the agents to say.
 */
export function createSender({ agents }: Pick<Egress, 'agents'>, { timeoutMs, keptMaxBytes }: SenderSettings): Send {
  function open({ url, headers, body }: OutgoingRequest): ClientRequest {
    const target = new URL(url);
    const options = { method: 'POST', headers: { ...headers, 'content-length': Buffer.byteLength(body) } };
    return target.protocol === 'https:' ? requestHttps(target, { ...options, agent: agents.https }) : requestHttp(target, { ...options, agent: agents.http });
  }

  return async (outgoing) => {
    let request: ClientRequest;
    try {
      request = open(outgoing);
    } catch (error) {
      // A literal address is judged at once.
      return { statusCode: null, failure: toWord(error instanceof Error ? error : new Error(String(error)), false), retryAfter: null, responseBody: null };
    }
    const result = receive(request, { timeoutMs, keptMaxBytes });
    request.end(outgoing.body);
    return result;
  };
}

function receive(request: ClientRequest, { timeoutMs, keptMaxBytes }: SenderSettings): Promise<AttemptResult> {
  const { promise, resolve } = Promise.withResolvers<AttemptResult>();
  const chunks: Buffer[] = [];
  let size = 0;
  let head: IncomingMessage | undefined;
  const timer = setTimeout(() => {
    end('timeout');
    request.destroy();
  }, timeoutMs);

  /** What is said first stands. */
  function end(failure: string | null) {
    clearTimeout(timer);
    const retryAfter = head?.headers['retry-after'] ?? null;
    resolve({ statusCode: head?.statusCode ?? null, failure, retryAfter, responseBody: head === undefined ? null : toText(chunks, keptMaxBytes) });
  }
  const fail = (error: Error) => end(toWord(error, head !== undefined));

  request.once('response', (response) => {
    head = response;
    response.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size < READ_MAX_BYTES) return;
      end(null);
      request.destroy();
    });
    response.once('end', () => end(null));
    response.on('error', fail);
  });
  // Stays after the end: a connection that breaks later must not end the process.
  request.on('error', fail);
  request.once('close', () => end(head === undefined ? 'connection_closed' : 'body_cut'));
  return promise;
}

/** PostgreSQL's JSON takes no U+0000. A character that the limit cuts is left out. */
function toText(chunks: readonly Buffer[], maxBytes: number): string {
  const kept = Buffer.concat(chunks).subarray(0, maxBytes);
  return new TextDecoder().decode(kept, { stream: true }).replaceAll('\u0000', '\uFFFD');
}

const WORDS: Readonly<Record<string, string>> = {
  ADDRESS_NOT_ALLOWED: 'address_not_allowed',
  PROXY_UNAVAILABLE: 'proxy_unavailable',
  PROXY_REFUSED: 'proxy_refused',
  ETIMEDOUT: 'timeout',
  ECONNREFUSED: 'connection_refused',
  ENOTFOUND: 'name_not_found',
  EAI_AGAIN: 'name_not_found',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  CERT_HAS_EXPIRED: 'certificate_expired',
  CERT_NOT_YET_VALID: 'certificate_not_yet_valid',
  ERR_TLS_CERT_ALTNAME_INVALID: 'certificate_for_another_host',
};

function toWord(error: Error & { code?: string }, hasHead: boolean): string {
  const code = error.code ?? '';
  if (code === 'ETIMEDOUT') return 'timeout';
  if (hasHead) return 'body_cut';
  const word = WORDS[code];
  if (word !== undefined) return word;
  if (/^(SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_(GET|VERIFY)|CERT_UNTRUSTED)/.test(code)) return 'certificate_not_trusted';
  if (/^(ERR_TLS|ERR_SSL|CERT_|EPROTO)/.test(code)) return 'tls_error';
  return code.startsWith('HPE_') ? 'invalid_response' : 'connection_closed';
}

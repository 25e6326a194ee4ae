import type { Hash } from 'node:crypto';
import type { BulkCommand } from '@waggle/contracts';
import { cutOff, invalid, parseJson, Problem, type StreamRequest } from '@waggle/http';
import { readLines, type Line } from '@waggle/runtime';
import { countOf, createGrouping, type BulkPart } from '../../domain/bulk/group-items.ts';
import { createItemIdentities } from '../../domain/bulk/identify-item.ts';
import { parseItem, refusedItem, toItemError, type ItemContext, type ParsedItem } from './parse-item.ts';

/** A body of lines on its way into Kafka. */
export interface Upload {
  request: StreamRequest;
  head: Omit<BulkCommand, 'user_id' | 'items' | 'refused'>;
  context: ItemContext;
  /** Of all bytes so far. */
  hash: Hash;
}

export interface Sending {
  /** How many lines Kafka has. */
  progress: { sent: number };
  /** Resolves when Kafka has acknowledged. */
  send(parts: readonly BulkPart[]): Promise<void>;
  /** After so much work: resolves when there may be more. */
  rest(workedMs: number): Promise<void>;
}

const LINES_MAX = 100_000;
const LINE_BYTES_MAX = 65_536;
const BODY_BYTES_MAX = 64 * 1024 * 1024;
/** So long it reads in one go. */
const TURN_MS = 4;
/** Parts for one send: packing them takes some milliseconds too. */
const PARTS_PER_SEND = 100;
/** So much is gathered before it is sent: enough for few records, and what one upload may hold in memory. */
const HELD_CHARACTERS_MAX = 2_000_000;
/** Who sends nothing for so long is gone. */
const SILENCE_MS = 30_000;

/** Reads on only when what it holds has been sent. */
export async function sendLines(upload: Upload, { progress, send, rest }: Sending): Promise<void> {
  const { request, head, context } = upload;
  const identify = createItemIdentities(head.workspace_id, request.identity);
  const grouping = createGrouping(head);
  let count = 0;
  let turnBeganAt = performance.now();
  const takeTurns = async () => {
    await rest(performance.now() - turnBeganAt);
    turnBeganAt = performance.now();
  };
  const flush = async () => {
    const parts = grouping.flush();
    for (let start = 0; start < parts.length; start += PARTS_PER_SEND) {
      const some = parts.slice(start, start + PARTS_PER_SEND);
      await send(some);
      progress.sent += some.reduce((sum, part) => sum + countOf(part), 0);
      await takeTurns();
    }
  };

  for await (const line of readLines(bytesOf(upload), LINE_BYTES_MAX)) {
    if (count === LINES_MAX) {
      await flush();
      throw new Problem('payload_too_large', { detail: `At most ${LINES_MAX} lines; those before are operation ${head.operation_id}` });
    }
    count++;
    const parsed = parseLine(line, context);
    // A line is far smaller than a record.
    if (parsed.kind === 'valid') grouping.add(identify(line.number, parsed.body));
    else grouping.refuse({ index: line.number, activity_id: parsed.activity_id, error: parsed.error });
    if (performance.now() - turnBeganAt > TURN_MS) await takeTurns();
    if (grouping.held() >= HELD_CHARACTERS_MAX) await flush();
  }
  if (count === 0) throw invalid('', 'There is no line in it');
  await flush();
}

/** The body as it comes, refused as soon as it is known to be too large, given up when nothing comes any more. */
export async function* bytesOf({ request: { incoming }, hash }: Pick<Upload, 'request' | 'hash'>): AsyncGenerator<Buffer> {
  const tooLarge = () => new Problem('payload_too_large', { detail: `At most ${BODY_BYTES_MAX} bytes` });
  if (Number(incoming.headers['content-length']) > BODY_BYTES_MAX) throw tooLarge();
  if ((incoming.headers['content-encoding'] ?? 'identity') !== 'identity') throw new Problem('unsupported_media_type', { detail: 'Compressed bodies are not taken' });
  const iterator = incoming.iterator({ destroyOnReturn: false }) as AsyncIterableIterator<Buffer>;
  let size = 0;
  try {
    for (let next = await nextOf(incoming, iterator); next.done !== true; next = await nextOf(incoming, iterator)) {
      size += next.value.length;
      if (size > BODY_BYTES_MAX) throw tooLarge();
      hash.update(next.value);
      yield next.value;
    }
  } finally {
    await iterator.return?.();
  }
}

/** Silence is the client's only while it is being waited for. */
async function nextOf(incoming: StreamRequest['incoming'], iterator: AsyncIterableIterator<Buffer>): Promise<IteratorResult<Buffer>> {
  const timer = setTimeout(() => cutOff(incoming), SILENCE_MS);
  try {
    return await iterator.next();
  } catch {
    throw new Problem('malformed_json', { detail: 'The body broke off' });
  } finally {
    clearTimeout(timer);
  }
}

function parseLine({ number, bytes }: Line, context: ItemContext): ParsedItem {
  const inLine = (error: Problem) => {
    const { code, detail } = toItemError(error);
    return refusedItem(undefined, { code, detail: `Line ${number + 1}: ${detail}` });
  };
  if (bytes === null) return inLine(new Problem('payload_too_large', { detail: `More than ${LINE_BYTES_MAX} bytes` }));
  try {
    return parseItem(parseJson(bytes).value, context);
  } catch (error) {
    if (error instanceof Problem) return inLine(error);
    throw error;
  }
}

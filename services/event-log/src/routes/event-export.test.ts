import { setTimeout as pause } from 'node:timers/promises';
import type { ApiRequest } from '@waggle/http';
import { expect, test } from '@jest/globals';
import { eventExport } from './event-export.ts';

const ROWS = 5_000;
const rowAt = (position: number) => ({ position, recordedAt: new Date('2026-03-28T08:12:44Z'), body: JSON.stringify({ id: `evt_${position}`, event: 'activity.completed', user_id: 'usr_ü' }) });
const lineAt = (position: number) => `{"id":"evt_${position}","event":"activity.completed","user_id":"usr_ü","recorded_at":"2026-03-28T08:12:44Z"}\n`;

interface Given {
  rows?: number;
  /** Holds a page back, by its number. */
  beforePage?(page: number): Promise<void>;
  heartbeatMs?: number;
  /** As the second page finds it; before that it is 3, and the first page of 500 ends at 500. */
  droppedTo?: number;
}

async function given({ rows = ROWS, beforePage = async () => {}, heartbeatMs = 60_000, droppedTo = 3 }: Given) {
  let pages = 0;
  const log = { epoch: 'e', droppedTo: 3 };
  const handle = eventExport({
    exportsMax: 1,
    heartbeatMs,
    readHead: async () => ({ ...log, position: rows }),
    async readPage(_selection, { after, limit }) {
      await beforePage(++pages);
      if (pages > 1) log.droppedTo = droppedTo;
      const found = Array.from({ length: Math.max(0, Math.min(limit + 1, rows - after)) }, (_, index) => rowAt(after + index + 1));
      return { ...log, rows: found, examinedTo: found.at(-1)?.position ?? null, isCutShort: false };
    },
  });
  const caller = { keyId: 'key_1', workspaceId: 'ws_1', userId: null };
  const request: ApiRequest = { caller, query: {}, requestId: 'req_1', params: {}, body: undefined, header: () => undefined, namedUserId: undefined, concern: () => {}, limit: async () => {}, identity: null };
  const open = () => handle(request);
  return { open, answer: await open(), pages: () => pages };
}

const all = (rows: number) => Array.from({ length: rows }, (_, index) => lineAt(index + 1)).join('');
const writingTo = (write: (text: string) => Promise<boolean>, isGood = true) =>
  ({ write: async (piece: string | Buffer) => write(String(piece)), signal: new AbortController().signal, isKeyGood: async () => isGood });

test('while a client takes nothing at most two pages are in memory, and one export more than allowed is refused', async () => {
  const { open, answer, pages } = await given({});
  const { promise: room, resolve } = Promise.withResolvers<boolean>();
  let written = '';
  const pouring = answer.pour!(writingTo(async (text) => { written += text; return room; }));
  await pause(50);
  expect(pages()).toBeLessThanOrEqual(3);
  await expect(open()).rejects.toMatchObject({ code: 'unavailable' });
  resolve(true);
  await pouring;
  expect(written).toBe(all(ROWS));
});

test('while nothing is found the answer is not silent, and not a byte is in it that does not belong there', async () => {
  const pieces: Buffer[] = [];
  // The second page is there only when heartbeats have been written: without them the test never ends.
  const { promise: heartbeats, resolve } = Promise.withResolvers<void>();
  const single = () => pieces.filter(({ length }) => length === 1).length;
  const write = async (piece: Buffer | string) => {
    pieces.push(Buffer.from(piece));
    if (single() > 10) resolve();
    return true;
  };
  const { answer } = await given({ rows: 1_200, heartbeatMs: 5, beforePage: async (page) => { if (page > 1) await heartbeats; } });
  await answer.pour!({ ...writingTo(async () => true), write });
  expect(single()).toBeGreaterThan(10);
  expect(Buffer.concat(pieces).toString()).toBe(all(1_200));
});

test.each([
  ['a page that cannot be read', { beforePage: async (page: number) => { if (page === 3) throw new Error('away'); } }, true, 'away'],
  ['a key that is revoked', {}, false, 'revoked'],
  ['what is dropped before it was read', { droppedTo: 501 }, true, 'dropped'],
])('%s breaks the answer off', async (_, faults, isGood, message) => {
  const { answer } = await given(faults);
  await expect(answer.pour!(writingTo(async () => true, isGood))).rejects.toThrow(message);
});

test('a client that goes away ends it', async () => {
  const { answer, pages } = await given({});
  await expect(answer.pour!(writingTo(async () => false))).rejects.toThrow('went away');
  expect(pages()).toBeLessThanOrEqual(3);
});

test('what is dropped once it was read is in the export all the same', async () => {
  const { answer } = await given({ droppedTo: 500 });
  let written = '';
  await answer.pour!(writingTo(async (text) => { written += text; return true; }));
  expect(written).toBe(all(ROWS));
});

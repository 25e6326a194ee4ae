import { expect, test } from '@jest/globals';
import { toSelection } from '../domain/selection.ts';
import { tellEvents } from './tell-events.ts';

const ROW = { position: 7, recordedAt: new Date('2026-03-28T08:12:44Z'), body: JSON.stringify({ id: 'evt_7', event: 'activity.completed' }) };
const selection = toSelection({ order: 'asc' }, { workspaceId: 'ws_1', userId: undefined, isSystemKey: true });

/** What a client that listens for one heartbeat was told from position 5 on of log `e`. */
async function told({ followed = 'e', droppedTo = 0 }: { followed?: string; droppedTo?: number }) {
  const pieces: string[] = [];
  const leaving = new AbortController();
  let isFollowing = true;
  await tellEvents(
    {
      heartbeatMs: 1,
      readPage: async () => ({ epoch: 'e', droppedTo, rows: [ROW], examinedTo: 7, isCutShort: false }),
      follow: async () => ({ epoch: followed, next: async () => [], stop: () => { isFollowing = false; } }),
    },
    { selection, epoch: 'e', after: 5, encode: String },
    {
      async write(piece) {
        pieces.push(/^id: .*$/m.exec(String(piece))![0]);
        if (String(piece).startsWith(':')) leaving.abort();
        return true;
      },
      signal: leaving.signal,
      isKeyGood: async () => true,
    },
  );
  expect(isFollowing).toBe(false);
  return pieces;
}

test('a stream tells where it stands, then what the log has, then that it lives', async () => {
  expect(await told({})).toEqual(['id: 5', 'id: 7', 'id: 7']);
});

test('a stream that follows the tail of another log than its own ends with its position told: nothing would ever reach it', async () => {
  expect(await told({ followed: 'the one before' })).toEqual(['id: 5']);
});

test.each([[6, ['id: 5']], [5, ['id: 5', 'id: 7', 'id: 7']]])('where the log is kept from behind %i on, a stream that stands at 5 tells: %j', async (droppedTo, expected) => {
  expect(await told({ droppedTo })).toEqual(expected);
});

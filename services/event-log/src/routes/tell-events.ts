import type { Outlet } from '@waggle/http';
import { toItemText } from '../domain/item.ts';
import { cutPage, type Found } from '../domain/page-cut.ts';
import { selects, type Selection } from '../domain/selection.ts';
import type { LogState } from './event-cursor.ts';

interface StoredEvent {
  position: number;
  recordedAt: Date;
  body: string;
}

type FollowedEvent = StoredEvent & { event: string; userId: string; entityId: string };

interface Follower {
  /** The log that is followed. */
  epoch: string;
  /** Empty: nothing new within that time. Null: read on from the log itself. */
  next(timeoutMs: number, signal: AbortSignal): Promise<readonly FollowedEvent[] | null>;
  stop(): void;
}

export interface TellEventsDeps {
  readPage(selection: Selection, from: { after: number; limit: number }): Promise<Found<StoredEvent> & LogState>;
  /** Resolves once all that is recorded from now on will reach the follower. */
  follow(workspaceId: string): Promise<Follower>;
  heartbeatMs: number;
}

export interface Telling {
  selection: Selection;
  /** The log to which the positions belong. */
  epoch: string;
  after: number;
  encode(position: number): string;
}

const PAGE_ROWS = 200;

/**
 * Tells a client of each event behind a position, for as long as it listens and its key is good. It follows the tail first and reads the log
 * then, so nothing falls in between; whoever takes its events more slowly than they come reads them from the log, at its own pace.
 */
export async function tellEvents({ readPage, follow, heartbeatMs }: TellEventsDeps, telling: Telling, outlet: Outlet): Promise<void> {
  const { selection, epoch, encode } = telling;
  let { after } = telling;
  let writtenAt = performance.now();
  const follower = await follow(selection.workspaceId);

  async function write(text: string): Promise<boolean> {
    writtenAt = performance.now();
    return outlet.write(text);
  }

  async function tell(row: StoredEvent): Promise<boolean> {
    after = row.position;
    return write(toBlock(row, encode(after)));
  }

  /** False: it is over. */
  async function catchUp(): Promise<boolean> {
    for (let hasMore = true; hasMore; ) {
      const found = await readPage(selection, { after, limit: PAGE_ROWS });
      // Who came right after the log was set up anew may have joined those who follow the one before: nobody will tell them anything more.
      if (found.epoch !== epoch || follower.epoch !== epoch) return false;
      // Told with the next event, a gap would be passed over in silence: who comes again with its last id hears of it.
      if (after < found.droppedTo || !(await outlet.isKeyGood())) return false;
      const page = cutPage(found, { limit: PAGE_ROWS, after });
      for (const row of page.shown) if (!(await tell(row))) return false;
      [after, hasMore] = [page.next, page.hasMore];
    }
    return true;
  }

  async function handOn(rows: readonly FollowedEvent[]): Promise<boolean> {
    if (!(await outlet.isKeyGood())) return false;
    for (const row of rows) {
      if (row.position <= after) continue;
      if (selects(selection, row) && !(await tell(row))) return false;
      after = row.position;
    }
    // Also where much passes by that is not for this client. The id spares it what it has been spared before.
    const isQuiet = rows.length === 0 || performance.now() - writtenAt >= heartbeatMs;
    return isQuiet ? write(`: heartbeat\nid: ${encode(after)}\n\n`) : true;
  }

  try {
    // An id alone is no event, but it is remembered: a client that is cut off before the first event misses nothing either.
    let goesOn = (await write(`retry: 1000\nid: ${encode(after)}\n\n`)) && (await catchUp());
    while (goesOn && !outlet.signal.aborted) {
      const rows = await follower.next(heartbeatMs, outlet.signal);
      goesOn = rows === null ? await catchUp() : await handOn(rows);
    }
  } finally {
    follower.stop();
  }
}

function toBlock(row: StoredEvent, id: string): string {
  // JSON text has no line breaks of its own.
  return `event: ${JSON.parse(row.body).event}\nid: ${id}\ndata: ${toItemText(row)}\n\n`;
}

import { eventExportQuery, eventFilters } from '@waggle/contracts';
import { actingFor, createPlaces, ofNamedUser, parseQuery, type Answer, type ApiRequest, type Outlet } from '@waggle/http';
import { CSV_HEADER, toCsvLine } from '../domain/csv.ts';
import { toItem, toItemText } from '../domain/item.ts';
import { cutPage, startOf, type Found } from '../domain/page-cut.ts';
import { toSelection, type Selection } from '../domain/selection.ts';
import type { LogState } from './event-cursor.ts';

interface StoredEvent {
  position: number;
  recordedAt: Date;
  body: string;
}

export interface EventExportDeps {
  readPage(selection: Selection, from: { after: number; limit: number }): Promise<Found<StoredEvent> & LogState>;
  readHead(workspaceId: string): Promise<LogState & { position: number }>;
  /** So many at once in this process, and of one workspace a quarter of them. */
  exportsMax: number;
  /** An answer is never silent for longer: proxies cut it off. */
  heartbeatMs: number;
}

const PAGE_ROWS = 500;
const FORMATS = {
  ndjson: { header: '', toLine: (row: StoredEvent) => `${toItemText(row)}\n`, type: 'application/x-ndjson' },
  csv: { header: CSV_HEADER, toLine: (row: StoredEvent) => toCsvLine(toItem(row)), type: 'text/csv; charset=utf-8; header=present' },
};

/** `GET /v1/events/export`: all that was recorded when it was asked for, in order, two pages in memory at most. */
export function eventExport({ readPage, readHead, exportsMax, heartbeatMs }: EventExportDeps) {
  const places = createPlaces({ max: exportsMax, name: 'exports', retryAfterSeconds: 10 });

  return async function handle({ caller, query, namedUserId }: ApiRequest): Promise<Answer> {
    const { format, ...given } = parseQuery(eventExportQuery, query);
    const filters = ofNamedUser(given, namedUserId);
    const userId = actingFor(caller, filters.user_id);
    const selection = toSelection(eventFilters.parse(filters), { workspaceId: caller.workspaceId, userId, isSystemKey: caller.userId === null });
    places.check(caller);
    // The end is fixed, or an export of a busy workspace would never end.
    const head = await readHead(caller.workspaceId);
    const { header, toLine, type } = FORMATS[format];
    return {
      status: 200,
      headers: { 'content-type': type, 'content-disposition': `attachment; filename="events.${format}"`, 'cache-control': 'no-store' },
      async pour(outlet) {
        const giveBack = places.take(caller);
        const writer = createHeldWriter(outlet, heartbeatMs);
        try {
          await writer.write(header);
          for await (const rows of pagesOf(selection, head)) {
            if (rows.length > 0 && !(await outlet.isKeyGood())) throw new Error('The key was revoked in the middle of an export');
            await writer.write(rows.map(toLine).join(''));
          }
          await writer.finish();
        } finally {
          writer.stop();
          giveBack();
        }
      },
    };
  };

  /** The next page is read while this one is written. */
  async function* pagesOf(selection: Selection, { epoch, droppedTo, position: last }: LogState & { position: number }): AsyncGenerator<StoredEvent[]> {
    const read = async (after: number) => ({ after, found: await readPage(selection, { after, limit: PAGE_ROWS }) });
    let reading = read(startOf('asc'));
    for (let isAtEnd = false; !isAtEnd; ) {
      const { after, found } = await reading;
      if (found.epoch !== epoch) throw new Error('The log was set up anew in the middle of an export');
      if (found.droppedTo > Math.max(after, droppedTo)) throw new Error('What an export had still to read was dropped in the middle of it');
      const { shown, next, hasMore } = cutPage(found, { limit: PAGE_ROWS, after });
      isAtEnd = !hasMore || next >= last;
      if (!isAtEnd) {
        reading = read(next);
        reading.catch(() => {}); // it is awaited above, but not before this page is written
      }
      yield shown.filter(({ position }) => position <= last);
    }
  }
}

/**
 * Holds the latest piece back until the next one comes, and lets it out byte by byte while nothing comes: so the answer is never silent, and not
 * a byte is in it that does not belong there. Where nothing has been found yet that is a blank before the first line, as JSON allows.
 */
function createHeldWriter(outlet: Outlet, heartbeatMs: number) {
  let held = Buffer.alloc(0);
  let isWriting = false;
  const timer = setInterval(() => {
    if (isWriting) return;
    const piece = held.length > 0 ? held.subarray(0, 1) : Buffer.from(' ');
    held = held.subarray(1);
    void outlet.write(piece);
  }, heartbeatMs);

  async function put(piece: Buffer): Promise<void> {
    if (piece.length === 0) return;
    isWriting = true;
    timer.refresh();
    // A part must not look like the whole: the error cuts the connection.
    if (!(await outlet.write(piece))) throw new Error('The client went away, or the server stops');
    isWriting = false;
  }

  return {
    async write(text: string): Promise<void> {
      if (text === '') return;
      const before = held;
      held = Buffer.from(text);
      await put(before);
    },
    finish: () => put(held),
    stop: () => clearInterval(timer),
  };
}

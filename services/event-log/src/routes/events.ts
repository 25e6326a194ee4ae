import { cleanText, eventListQuery, type Page, type RecordedEvent } from '@waggle/contracts';
import { actingFor, ofNamedUser, ok, parseQuery, Problem, type Answer, type ApiRequest, type Caller, type Route } from '@waggle/http';
import { toItem } from '../domain/item.ts';
import { cutPage, startOf, type Found } from '../domain/page-cut.ts';
import { toSelection, type Selection } from '../domain/selection.ts';
import { cursorsOf, type LogState } from './event-cursor.ts';
import { eventExport, type EventExportDeps } from './event-export.ts';
import { eventStream, type EventStreamDeps } from './event-stream.ts';

interface StoredEvent {
  position: number;
  recordedAt: Date;
  body: string;
}

export interface EventRoutesDeps extends EventStreamDeps, EventExportDeps {
  /** `after`: the position behind which, in the list's order, it goes on. */
  readPage(selection: Selection, from: { after: number; limit: number }): Promise<Found<StoredEvent> & LogState>;
  find(workspaceId: string, eventId: string): Promise<(StoredEvent & { event: string; userId: string }) | null>;
}

export function eventRoutes(deps: EventRoutesDeps): Route[] {
  return [
    { method: 'get', path: '/v1/events', handle: (request) => listEvents(deps, request) },
    { method: 'get', path: '/v1/events/stream', handle: eventStream(deps) },
    { method: 'get', path: '/v1/events/export', handle: eventExport(deps) },
    { method: 'get', path: '/v1/events/:id', handle: (request) => readEvent(deps, request) },
  ];
}

// Not `answerPage`: this list gives a cursor at its end too, and its cursors belong to an epoch that only the read page tells.
async function listEvents({ readPage }: EventRoutesDeps, { caller, query, namedUserId }: ApiRequest): Promise<Answer> {
  const { limit, cursor, ...given } = parseQuery(eventListQuery, query);
  const filters = ofNamedUser(given, namedUserId);
  const userId = actingFor(caller, filters.user_id);
  const cursors = cursorsOf(caller, filters);
  const place = cursor === undefined ? null : cursors.decode(cursor);
  const after = place?.after ?? startOf(filters.order);

  const found = await readPage(toSelection(filters, { workspaceId: caller.workspaceId, userId, isSystemKey: caller.userId === null }), { after, limit });
  if (place !== null) cursors.check(place, found, filters.order);
  const { shown, next, hasMore } = cutPage(found, { limit, after });
  // Who has found nothing since the beginning has missed nothing of what is kept no longer.
  const end = filters.order === 'asc' ? Math.max(next, found.droppedTo) : next;
  const page: Page<RecordedEvent> = { data: shown.map(toItem), next_cursor: cursors.encode(found, end), has_more: hasMore };
  return ok(page);
}

async function readEvent({ find }: EventRoutesDeps, { caller, params }: ApiRequest): Promise<Answer> {
  const id = cleanText.safeParse(params['id']);
  const found = id.success ? await find(caller.workspaceId, id.data) : null;
  if (found === null || !isVisible(found, caller)) throw new Problem('not_found', { detail: 'No such event' });
  return ok(toItem(found));
}

const isVisible = ({ event, userId }: { event: string; userId: string }, caller: Caller) =>
  caller.userId === null || (caller.userId === userId && !event.startsWith('award.'));

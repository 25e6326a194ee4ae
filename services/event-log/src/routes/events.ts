import { cleanText, eventListQuery, toUtc, type Page, type RecordedEvent } from '@waggle/contracts';
import { actingFor, decodeCursor, encodeCursor, ok, parseQuery, Problem, type Answer, type ApiRequest, type Caller, type Route } from '@waggle/http';
import { z } from 'zod';
import { cutPage, startOf, type Found } from '../domain/page-cut.ts';
import { toSelection, type Selection } from '../domain/selection.ts';

interface StoredEvent {
  position: number;
  recordedAt: Date;
  body: string;
}

export interface EventRoutesDeps {
  /** `after`: the position behind which, in the list's order, it goes on. */
  readPage(selection: Selection, from: { after: number; limit: number }): Promise<Found<StoredEvent> & { epoch: string }>;
  find(workspaceId: string, eventId: string): Promise<(StoredEvent & { event: string; userId: string }) | null>;
}

export function eventRoutes(deps: EventRoutesDeps): Route[] {
  return [
    { method: 'get', path: '/v1/events', handle: (request) => listEvents(deps, request) },
    { method: 'get', path: '/v1/events/:id', handle: (request) => readEvent(deps, request) },
  ];
}

const cursorPosition = z.tuple([z.string(), z.int().nonnegative()]);

async function listEvents({ readPage }: EventRoutesDeps, { caller, query }: ApiRequest): Promise<Answer> {
  const { limit, cursor, ...filters } = parseQuery(eventListQuery, query);
  const userId = actingFor(caller, filters.user_id);
  // The filters as given, not what they select: that may widen with the next release, and its readers' cursors must live on.
  const scope = [caller.workspaceId, caller.userId, filters];
  const [epoch, after] = cursor === undefined ? [null, startOf(filters.order)] : decodeCursor(scope, cursor, cursorPosition);

  const found = await readPage(toSelection(filters, { workspaceId: caller.workspaceId, userId, isSystemKey: caller.userId === null }), { after, limit });
  if (epoch !== null && epoch !== found.epoch) {
    throw new Problem('cursor_expired', { detail: 'The log was set up anew since: begin without a cursor' });
  }
  const { shown, next, hasMore } = cutPage(found, { limit, after });
  const page: Page<RecordedEvent> = { data: shown.map(toItem), next_cursor: encodeCursor(scope, [found.epoch, next]), has_more: hasMore };
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

function toItem({ body, recordedAt }: StoredEvent): RecordedEvent {
  return { ...JSON.parse(body), recorded_at: toUtc(recordedAt) };
}

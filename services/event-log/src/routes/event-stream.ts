import { eventFilters, eventStreamQuery } from '@waggle/contracts';
import { actingFor, parseQuery, Problem, type Answer, type ApiRequest } from '@waggle/http';
import { toSelection } from '../domain/selection.ts';
import { cursorsOf, type LogState } from './event-cursor.ts';
import { tellEvents, type Telling, type TellEventsDeps } from './tell-events.ts';

export interface EventStreamDeps extends TellEventsDeps {
  readHead(workspaceId: string): Promise<LogState & { position: number }>;
  /** So many at once in this process. */
  streamsMax: number;
}

const HEADERS = { 'content-type': 'text/event-stream', 'cache-control': 'no-cache, no-transform' };

/** `GET /v1/events/stream`: server-sent events (WHATWG HTML §9.2), whose ids are cursors. */
export function eventStream({ readHead, streamsMax, ...deps }: EventStreamDeps) {
  let open = 0;

  async function prepare({ caller, query, header }: ApiRequest): Promise<Telling> {
    const { cursor: named, ...filters } = parseQuery(eventStreamQuery, query);
    const userId = actingFor(caller, filters.user_id);
    const listFilters = eventFilters.parse(filters);
    const cursors = cursorsOf(caller, listFilters);
    // A browser that reconnects asks for the same address again: what it has seen meanwhile stands in the header.
    const cursor = header('last-event-id') ?? named;
    const place = cursor === undefined ? null : cursors.decode(cursor);
    const head = await readHead(caller.workspaceId);
    if (place !== null) cursors.check(place, head, 'asc');
    return {
      selection: toSelection(listFilters, { workspaceId: caller.workspaceId, userId, isSystemKey: caller.userId === null }),
      epoch: head.epoch,
      after: place?.after ?? head.position,
      encode: (position) => cursors.encode(head, position),
    };
  }

  return async function handle(request: ApiRequest): Promise<Answer> {
    const telling = await prepare(request);
    if (open >= streamsMax) throw new Problem('unavailable', { detail: 'Too many streams are open here', headers: { 'retry-after': '5' } });
    return {
      status: 200,
      headers: HEADERS,
      async pour(outlet) {
        open++;
        try {
          await tellEvents(deps, telling, outlet);
        } finally {
          open--;
        }
      },
    };
  };
}

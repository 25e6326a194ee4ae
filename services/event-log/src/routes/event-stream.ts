import { eventFilters, eventStreamQuery } from '@waggle/contracts';
import { actingFor, createPlaces, ofNamedUser, parseQuery, type Answer, type ApiRequest } from '@waggle/http';
import { toSelection } from '../domain/selection.ts';
import { cursorsOf, type LogState } from './event-cursor.ts';
import { tellEvents, type Telling, type TellEventsDeps } from './tell-events.ts';

export interface EventStreamDeps extends TellEventsDeps {
  readHead(workspaceId: string): Promise<LogState & { position: number }>;
  /** So many at once in this process, and of one workspace half of them: a thousand listeners are nothing special. */
  streamsMax: number;
}

const HEADERS = { 'content-type': 'text/event-stream', 'cache-control': 'no-cache, no-transform' };

/** `GET /v1/events/stream`: server-sent events (WHATWG HTML §9.2), whose ids are cursors. */
export function eventStream({ readHead, streamsMax, ...deps }: EventStreamDeps) {
  const places = createPlaces({ max: streamsMax, ofOneMax: Math.ceil(streamsMax / 2), name: 'streams', retryAfterSeconds: 5 });

  async function prepare({ caller, query, header, namedUserId }: ApiRequest): Promise<Telling> {
    const { cursor: named, ...given } = parseQuery(eventStreamQuery, query);
    const filters = ofNamedUser(given, namedUserId);
    const userId = actingFor(caller, filters.user_id);
    const listFilters = eventFilters.parse(filters);
    const cursors = cursorsOf(caller, listFilters);
    // A browser that reconnects asks for the same address again: what it has seen meanwhile stands in the header.
    // Empty: it has seen none (HTML §9.2.3 sends the header only with an id, other clients as it stands).
    const cursor = header('last-event-id') || named;
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
    places.check(request.caller);
    return {
      status: 200,
      headers: HEADERS,
      async pour(outlet) {
        const giveBack = places.take(request.caller);
        try {
          await tellEvents(deps, telling, outlet);
        } finally {
          giveBack();
        }
      },
    };
  };
}

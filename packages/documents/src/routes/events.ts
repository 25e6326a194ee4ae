import { eventExportQuery, eventListQuery, eventStreamQuery, recordedEvent } from '@waggle/contracts';
import { listOf, type RouteTable } from './route.ts';

export const EVENT_ROUTES: RouteTable = {
  'GET /v1/events': {
    summary: 'The ordered history', description: 'A `next_cursor` is given at the end too: polling goes on from there and misses nothing. A page may be short, or empty, with `has_more`.',
    query: eventListQuery, headers: ['X-Buffy-User-ID'], answers: { 200: listOf(recordedEvent) }, problems: ['cursor_invalid', 'cursor_expired'],
  },
  'GET /v1/events/{id}': { summary: 'Read an event', answers: { 200: recordedEvent } },
  'GET /v1/events/stream': {
    summary: 'Events as they are recorded', description: 'Server-sent events: `event` is the type, `id` a cursor (also of the list with the same filters), `data` the item. A comment every 15 s.',
    query: eventStreamQuery, headers: ['Last-Event-ID', 'X-Buffy-User-ID'], answers: { 200: { contentTypes: { 'text/event-stream': 'One block per event' } } },
    problems: ['cursor_invalid', 'cursor_expired'],
  },
  'GET /v1/events/export': {
    summary: 'The whole history as one file', description: 'What was recorded when it was asked for, in order. An answer that breaks off ends without its last chunk: clients see an error.',
    query: eventExportQuery, headers: ['X-Buffy-User-ID'],
    answers: {
      200: {
        contentTypes: {
          'application/x-ndjson': 'One item per line',
          'text/csv': 'id,event,timestamp,recorded_at,user_id,entity_id,entity_type,entity_name,channel. Names and channels that begin like a formula have an apostrophe before them.',
        },
      },
    },
  },
};

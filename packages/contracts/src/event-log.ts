import { z } from 'zod';
import { pageQuery } from './page.ts';
import { cleanText, inOrder, timestampWithOffset, userId, utcTimestamp } from './scalars.ts';
import { eventTypePattern } from './webhook.ts';

/** `GET /v1/events` (contract, section 6). `since`, `until` are over `timestamp`; `recorded_*` over `recorded_at`. */
export const eventFilters = z.strictObject({
  user_id: userId.optional(),
  event: eventTypePattern.optional(),
  entity_id: cleanText.pipe(z.string().min(1).max(200)).optional(),
  since: timestampWithOffset.optional(),
  until: timestampWithOffset.optional(),
  recorded_since: timestampWithOffset.optional(),
  recorded_until: timestampWithOffset.optional(),
  order: z.enum(['asc', 'desc']).default('asc'),
});
export type EventFilters = z.infer<typeof eventFilters>;

export const eventListQuery = pageQuery
  .extend(eventFilters.shape)
  .refine(...inOrder('since', 'until'))
  .refine(...inOrder('recorded_since', 'recorded_until'));

/** `GET /v1/events/stream`: from now on, or behind a cursor, also one of the list with the same filters. */
export const eventStreamQuery = eventFilters.pick({ user_id: true, event: true, entity_id: true }).extend({ cursor: pageQuery.shape.cursor });

const exportFilters = eventFilters.omit({ order: true }).extend({ format: z.enum(['ndjson', 'csv']).default('ndjson') });

/** `GET /v1/events/export`: what was recorded when it was asked for. */
export const eventExportQuery = exportFilters
  .refine(...inOrder('since', 'until'))
  .refine(...inOrder('recorded_since', 'recorded_until'));

/** The webhook body, field for field, and when the log took it in. */
export const recordedEvent = z.looseObject({
  id: z.string(),
  event: z.string(),
  timestamp: utcTimestamp,
  user_id: z.string(),
  recorded_at: utcTimestamp,
});
export type RecordedEvent = z.infer<typeof recordedEvent>;

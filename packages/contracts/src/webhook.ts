import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { pageQuery } from './page.ts';
import { description, inOrder, timeBound, urlText, userId, utcTimestamp } from './scalars.ts';
import { behaviorEventTypes } from './behavior-event.ts';
import { campaignEventTypes } from './campaign-event.ts';

/** What an endpoint can subscribe to: every public event that is about a user or an award. */
export const webhookEventTypes: readonly string[] = [
  ...Object.keys(behaviorEventTypes),
  ...Object.keys(campaignEventTypes).filter((type) => type.startsWith('award.')),
];

/** `*`, a family such as `activity.*`, or an exact type. */
export function matchesEventType(pattern: string, eventType: string): boolean {
  if (pattern === '*') return true;
  return pattern.endsWith('.*') ? eventType.startsWith(pattern.slice(0, -1)) : pattern === eventType;
}

export const eventTypePattern = z
  .string()
  .refine((pattern) => webhookEventTypes.some((type) => matchesEventType(pattern, type)), 'No event type is named so or begins so');

const SECRET_PREFIX = 'whsec_';
const SECRET_BYTES_MIN = 24;
const SECRET_BYTES_MAX = 64;

/** A partner's own signing secret. Only the canonical base64: another spelling would be another key of `X-Buffy-Signature`. */
export const webhookSecret = z
  .string()
  .refine(isWebhookSecret, `Must be ${SECRET_PREFIX} and the base64 of ${SECRET_BYTES_MIN} to ${SECRET_BYTES_MAX} bytes`);

function isWebhookSecret(text: string): boolean {
  const encoded = text.slice(SECRET_PREFIX.length);
  const bytes = Buffer.from(encoded, 'base64');
  const isLongEnough = bytes.length >= SECRET_BYTES_MIN && bytes.length <= SECRET_BYTES_MAX;
  return text.startsWith(SECRET_PREFIX) && isLongEnough && bytes.toString('base64') === encoded;
}

const NEW_SECRET_BYTES = 32;

/** As Standard Webhooks writes them. */
export const newWebhookSecret = (): string => `${SECRET_PREFIX}${randomBytes(NEW_SECRET_BYTES).toString('base64')}`;

const HEADERS_MAX = 20;
const HEADER_NAME_LENGTH_MAX = 256;
// Of ASCII, so of bytes too.
const HEADER_VALUE_LENGTH_MAX = 1_024;
// What RFC 9110 calls a token, and a value of visible ASCII with blanks inside: no control character can end the header.
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const HEADER_VALUE = /^([\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?)?$/;
// What we say ourselves, and what steers the connection or says where the body ends.
const RESERVED_NAME = /^(host|user-agent|connection|keep-alive|te|trailer|transfer-encoding|upgrade|expect|via|alt-used|http2-settings|(content|proxy|webhook|x-buffy)-.*)$/i;

function faultOfHeader(name: string, value: string): string | null {
  if (!HEADER_NAME.test(name)) return 'This is not the name of a header';
  if (RESERVED_NAME.test(name)) return 'This header is set by us or steers HTTP';
  if (!HEADER_VALUE.test(value)) return 'Must be visible ASCII characters with blanks inside at most';
  if (name.length > HEADER_NAME_LENGTH_MAX) return `The name must be at most ${HEADER_NAME_LENGTH_MAX} characters`;
  return value.length > HEADER_VALUE_LENGTH_MAX ? `Must be at most ${HEADER_VALUE_LENGTH_MAX} characters` : null;
}

/** Sent with every attempt, beside ours. */
export const endpointHeaders = z.record(z.string(), z.string()).superRefine((headers, context) => {
  const entries = Object.entries(headers);
  if (entries.length > HEADERS_MAX) context.addIssue(`Must be at most ${HEADERS_MAX} headers`);
  const names = new Set<string>();
  for (const [name, value] of entries) {
    const message = names.has(name.toLowerCase()) ? 'This header is given twice' : faultOfHeader(name, value);
    if (message !== null) context.addIssue({ code: 'custom', path: [name], message });
    names.add(name.toLowerCase());
  }
});

export const endpointOrdering = z.enum(['none', 'per_user']);
export type EndpointOrdering = z.infer<typeof endpointOrdering>;

export const MAX_IN_FLIGHT_DEFAULT = 8;

/** What can be set at the creation and changed later. The URL's own rules are the dispatcher's: they need its settings. */
const endpointFields = {
  url: urlText,
  event_types: z.array(eventTypePattern).min(1).max(50),
  headers: endpointHeaders,
  ordering: endpointOrdering,
  max_in_flight: z.int().min(1).max(64),
};

/** `POST /v1/webhooks/endpoints`. */
export const createEndpointBody = z.strictObject({
  url: endpointFields.url,
  event_types: endpointFields.event_types,
  description: description.optional(),
  headers: endpointFields.headers.default({}),
  secret: webhookSecret.optional(),
  ordering: endpointFields.ordering.default('none'),
  max_in_flight: endpointFields.max_in_flight.default(MAX_IN_FLIGHT_DEFAULT),
});
export type CreateEndpointBody = z.infer<typeof createEndpointBody>;

/** `PATCH …/{id}`: what is not named stays; `headers` are replaced as a whole. */
export const updateEndpointBody = z.strictObject({ ...endpointFields, description: description.nullable() }).partial();
export type UpdateEndpointBody = z.infer<typeof updateEndpointBody>;

/** `POST …/{id}/rotate-secret`. For so long both secrets sign. */
export const rotateSecretBody = z.strictObject({ grace_seconds: z.int().min(0).max(604_800).default(86_400) });

/** `POST …/{id}/test`. */
export const testSendBody = z.strictObject({ event_type: z.string().refine((type) => webhookEventTypes.includes(type), 'There is no such event type') });

/**
 * `POST …/{id}/replay`: the whole schedule again for what was made in this time and has failed or was skipped. Over `created_at`, `since`
 * inclusive, `until` exclusive.
 */
export const replayBody = z.strictObject({
  since: timeBound,
  until: timeBound.optional(),
  statuses: z.array(z.enum(['failed', 'skipped'])).min(1).max(2).default(['failed', 'skipped']),
  dry_run: z.boolean().default(false),
}).refine(...inOrder('since', 'until'));

export const disabledReason = z.enum(['manual', 'failing', 'gone']);
export type DisabledReason = z.infer<typeof disabledReason>;

/** `secret` is there in the answers to creation and rotation alone. */
export const endpointView = z.object({
  id: z.string(), url: z.string(), event_types: z.array(z.string()), description: z.string().nullable(), user_id: z.string().nullable(),
  headers: z.record(z.string(), z.string()), ordering: endpointOrdering, max_in_flight: z.int(),
  status: z.enum(['enabled', 'disabled']), disabled_reason: disabledReason.nullable(),
  /** `p95_ms`: of the attempts, to the width of a bucket; null without any. */
  stats: z.object({
    delivered_24h: z.int(), failed_24h: z.int(), p95_ms: z.int().nullable(),
    /** Of the last 24, those in which something was sent; each by its beginning, oldest first. */
    hours: z.array(z.object({ hour: utcTimestamp, delivered: z.int(), failed: z.int() })),
  }),
  /** It does not answer and is left alone until then; null while it answers. */
  paused_until: utcTimestamp.nullable(),
  secret: z.string().optional(), previous_secret_until: utcTimestamp.nullable(), created_at: utcTimestamp, updated_at: utcTimestamp,
});
export type EndpointView = z.infer<typeof endpointView>;

export const deliveryStatus = z.enum(['pending', 'retrying', 'succeeded', 'failed', 'skipped']);
export type DeliveryStatus = z.infer<typeof deliveryStatus>;

/** One HTTP request of a delivery. `response_body` is the first 4 KB of the answer. */
export const attempt = z.object({
  number: z.int().positive(), started_at: utcTimestamp, duration_ms: z.int(), status_code: z.int().nullable(), error: z.string().nullable(), response_body: z.string().nullable(),
});
export type Attempt = z.infer<typeof attempt>;

export const deliveryView = z.object({
  id: z.string(), endpoint_id: z.string(), event_id: z.string(), event: z.string(), user_id: z.string(), status: deliveryStatus, reason: z.string().nullable(),
  attempt_count: z.int(), next_attempt_at: utcTimestamp.nullable(), created_at: utcTimestamp, completed_at: utcTimestamp.nullable(),
});
export const deliveryDetail = deliveryView.extend({ body: z.string(), attempts: z.array(attempt) });

const deliveryFilters = z.strictObject({
  endpoint_id: z.string().optional(),
  status: deliveryStatus.optional(),
  event_type: eventTypePattern.optional(),
  user_id: userId.optional(),
  since: timeBound.optional(),
  until: timeBound.optional(),
});
export type DeliveryFilters = z.infer<typeof deliveryFilters>;

export const deliveryListQuery = pageQuery.extend(deliveryFilters.shape).refine(...inOrder('since', 'until'));

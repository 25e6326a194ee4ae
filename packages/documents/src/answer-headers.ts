import type { PublicRoute } from './routes/route.ts';

/** What answers carry beside their body, described once; see packages/http for when each is sent. */
export const ANSWER_HEADERS = {
  'X-Request-Id': { description: "The request's id, for whoever is asked about it; `instance` in a problem", required: true, schema: { type: 'string' } },
  'RateLimit-Policy': { description: 'The limit that the request was counted under, `q` requests in any `w` seconds. Missing where it was not counted', schema: { type: 'string' }, example: '"inbound";q=100;w=60' },
  RateLimit: { description: 'How many requests are left, and in how many seconds the oldest leaves the window', schema: { type: 'string' }, example: '"inbound";r=57;t=21' },
  'Retry-After': { description: 'Whole seconds after which to try again', schema: { type: 'integer', minimum: 1 } },
  Location: { description: 'The operation that tells what becomes of it', schema: { type: 'string', format: 'uri-reference' }, example: '/v1/operations/op_01h455vb4pex5vsknk084sn02q' },
  'Idempotent-Replayed': { description: '`true`: the stored answer of the first request with this Idempotency-Key', schema: { const: 'true' } },
  'WWW-Authenticate': { description: 'How to authenticate', schema: { const: 'Bearer' } },
} as const;

type AnswerHeader = keyof typeof ANSWER_HEADERS;

/** Not counted: who is not known, and a body that is not read. */
const UNCOUNTED = new Set([401, 413, 415]);

/** Those that an answer of this status may have; `isLocated`: its body names an operation. */
export function headersOf(status: number, { name, route: { auth } }: { name: string; route: PublicRoute }, isLocated = false): AnswerHeader[] {
  const isRepeatable = name.startsWith('POST /v1/');
  const isRead = !UNCOUNTED.has(status);
  const headers: [AnswerHeader, boolean][] = [
    ['X-Request-Id', true],
    ['RateLimit-Policy', isRead && auth !== 'none'],
    ['RateLimit', isRead && auth !== 'none'],
    ['Idempotent-Replayed', isRepeatable && isRead && status < 500 && status !== 429],
    ['Location', isLocated],
    // A 409 may be that the first request with the same Idempotency-Key is still in progress.
    ['Retry-After', status === 429 || status === 503 || (status === 409 && isRepeatable)],
    ['WWW-Authenticate', status === 401 && auth === undefined],
  ];
  return headers.flatMap(([header, isThere]) => (isThere ? [header] : []));
}

export const refsTo = (headers: readonly AnswerHeader[]): object => Object.fromEntries(headers.map((header) => [header, { $ref: `#/components/headers/${header}` }]));

import { PROBLEMS, type ProblemCode } from '@waggle/contracts';
import { headersOf, refsTo } from './answer-headers.ts';
import type { PublicRoute } from './routes/route.ts';

/** The body of a problem (RFC 9457). */
export const PROBLEM_SCHEMA = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'instance', 'code'],
  properties: {
    type: { type: 'string', format: 'uri' }, title: { type: 'string' }, status: { type: 'integer' }, detail: { type: 'string' },
    instance: { type: 'string', description: "The request's id" }, code: { type: 'string', enum: Object.keys(PROBLEMS) },
    errors: { type: 'array', items: { type: 'object', required: ['path', 'message'], properties: { path: { type: 'string' }, message: { type: 'string' } } } },
  },
};

/** Problems as routes refer to them: one response for each set of headers that problems come with. */
export function createProblemResponses() {
  const responses = new Map<string, object>();
  return {
    refTo(headers: ReturnType<typeof headersOf>): string {
      const name = `Problem${headers.filter((header) => header !== 'X-Request-Id' && header !== 'RateLimit-Policy').map((header) => header.replaceAll('-', '')).join('')}`;
      responses.set(name, { description: 'A problem (RFC 9457)', headers: refsTo(headers), content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } } });
      return `#/components/responses/${name}`;
    },
    all: () => Object.fromEntries([...responses].toSorted(([one], [other]) => (one < other ? -1 : 1))),
  };
}

/** By status, the codes in its description. */
export function problemsOf(name: string, route: PublicRoute, { refTo }: Pick<ReturnType<typeof createProblemResponses>, 'refTo'>): object {
  const byStatus = Map.groupBy(codesOf(name, route), (code) => PROBLEMS[code][0]);
  // `$ref` beside a description is allowed in 3.1, and says which of the codes may come here.
  return Object.fromEntries([...byStatus].map(([status, codes]) => [status, { $ref: refTo(headersOf(status, { name, route })), description: codesAsText(codes) }]));
}

export const codesAsText = (codes: readonly string[]) => codes.map((code) => `\`${code}\``).join(', ');

function codesOf(name: string, { body, query, auth, problems = [] }: PublicRoute): Set<ProblemCode> {
  return new Set<ProblemCode>([
    ...(auth === 'none' ? [] : ['quota_exceeded' as const]), ...(auth === undefined ? ['forbidden' as const] : []), 'unauthorized', 'unavailable', ...problems,
    // Without a body or parameters it is X-Buffy-User-ID that no user can have, with whichever route it comes.
    ...(body || query || auth === undefined ? ['validation_failed' as const] : []),
    ...(query && 'cursor' in query.shape ? ['cursor_invalid' as const] : []),
    ...(body ? ['malformed_json' as const, 'payload_too_large' as const, 'unsupported_media_type' as const] : []),
    ...(name.includes('{') ? ['not_found' as const] : []),
    ...(name.startsWith('POST /v1/') ? ['idempotency_key_reused' as const, 'idempotency_in_progress' as const] : []),
  ]);
}

import { readFileSync } from 'node:fs';
import { z } from 'zod';

const SEGMENT = /^(?:[A-Za-z0-9_.-]+|\{[a-z_]+\})$/;

const isPath = (text: string) => text.startsWith('/') && text.slice(1).split('/').every((segment) => SEGMENT.test(segment));

/**
 * One row of `infra/gateway/routes.json`. The first row that matches wins.
 * `exact`: this path. `prefix`: this path and all below it, at a segment's boundary. `pattern`: `{name}` stands for one segment.
 */
const route = z
  .strictObject({
    match: z.string().refine(isPath, 'a path of plain segments and {names}, without a slash at its end'),
    kind: z.enum(['exact', 'prefix', 'pattern']),
    service: z.string().regex(/^[a-z]+(?:-[a-z]+)*$/),
    /** An answer may stay silent for an hour instead of a minute. */
    stream: z.boolean().default(false),
    /** The shape of the gateway's own errors: problem details, or that of the in-app guide. */
    errors: z.enum(['problem', 'in-app']).default('problem'),
  })
  .refine(({ match, kind }) => match.includes('{') === (kind === 'pattern'), 'a pattern, and only a pattern, has {names}');

export type Route = z.infer<typeof route>;
export interface TableRow extends Route {
  /** Over the raw request target, query included: nginx and the proxy match with the same text. */
  expression: RegExp;
}
export type RouteTable = readonly TableRow[];

/**
 * Dot segments and broken escapes, encoded or not. No client of ours sends them, and nginx resolves them where a service would not:
 * refused (400), so that both modes route the very bytes that the service gets.
 */
export const MALFORMED_TARGET = /^[^?]*(?:\/(?:\.|%2e){1,2}(?:[/?]|$)|%(?![0-9a-f]{2})|%00)/i;

/** Throws with every fault in one text; a row that an earlier one hides is a fault. */
export function parseRoutes(json: unknown): RouteTable {
  const parsed = z.array(route).nonempty().safeParse(json);
  if (!parsed.success) throw new Error(`Routes:\n${z.prettifyError(parsed.error)}`);
  const table = parsed.data.map((row) => ({ ...row, expression: toExpression(row) }));
  for (const row of table) {
    const winner = matchRoute(table, row.match.replaceAll(/\{[a-z_]+\}/g, 'any'));
    if (winner !== row) throw new Error(`Routes:\n${row.match} is never reached: ${winner?.match} comes first`);
  }
  return table;
}

export function readRoutes(file = new URL('../../../infra/gateway/routes.json', import.meta.url)): RouteTable {
  return parseRoutes(JSON.parse(readFileSync(file, 'utf8')));
}

/** `target` is the request target as it came: path and query, undecoded. */
export function matchRoute(table: RouteTable, target: string): TableRow | undefined {
  return table.find(({ expression }) => expression.test(target));
}

export function servicesOf(table: RouteTable): string[] {
  return [...new Set(table.map(({ service }) => service))];
}

function toExpression({ match, kind }: Route): RegExp {
  const path = match.replaceAll('.', '\\.').replaceAll(/\{[a-z_]+\}/g, '[^/?]+');
  return new RegExp(`^${path}${kind === 'prefix' ? '(?:[/?]|$)' : '(?:[?]|$)'}`);
}

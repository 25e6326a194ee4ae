import type { ProblemCode } from '@waggle/contracts';
import type { z } from 'zod';

/** One public route, as the reference describes it. Bodies and answers are the contracts' own schemas. */
export interface PublicRoute {
  summary: string;
  description?: string;
  /** Parameters behind the question mark. */
  query?: z.ZodObject;
  body?: z.ZodType;
  /** Other forms of the body, by content type. */
  otherBodies?: Readonly<Record<string, string>>;
  /** By status. A list is a page of items; null has no body. */
  answers: Readonly<Record<number, z.ZodType | ListOf | Text | null>>;
  /** Beyond those that every route has by its form: no key, a user key that names somebody else, a bad body or parameter, a thing that is not there, too many requests, unavailable. */
  problems?: readonly ProblemCode[];
  /** Errors in a form of the route's own, in place of problems: the body, and the status of each code. */
  refusals?: { body: z.ZodType; statuses: Readonly<Record<string, number>> };
  /** Who asks. By default a Bearer key. */
  auth?: 'signature' | 'none';
  headers?: readonly (keyof typeof HEADERS)[];
}

export interface ListOf {
  listOf: z.ZodType;
}

/** An answer that is no JSON: its content type, and what it is. */
export interface Text {
  contentTypes: Readonly<Record<string, string>>;
}

export const listOf = (item: z.ZodType): ListOf => ({ listOf: item });

export const HEADERS = {
  'If-Match': 'The version that is to be changed, as in `7` or `"7"`; another one: 412',
  'X-Buffy-User-ID': 'The user for whom a system key acts, where the request names none; a list is of that user alone, and what is not of that user: 404',
  'Last-Event-ID': 'The id of the last event of an earlier stream: goes on behind it',
  'X-Buzz-Key-Id': 'The in-app key',
  'X-Buzz-Timestamp': 'Unix seconds, at most 300 from the server\'s time',
  'X-Buzz-Signature': 'HMAC-SHA256 (hex) over the timestamp, a line feed and the digest of the canonical body; `v1=` may stand before it',
} as const;

/** By method and path, as in `GET /v1/activities/{id}`. */
export type RouteTable = Readonly<Record<string, PublicRoute>>;

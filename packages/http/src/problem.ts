import { PROBLEMS, type ProblemCode } from '@waggle/contracts';
import { Unavailable } from '@waggle/runtime';
import type { ErrorRequestHandler, Response } from 'express';
import type { StoredAnswer } from './idempotency.ts';
import { z } from 'zod';

interface ProblemExtras {
  detail?: string;
  errors?: { path: string; message: string }[];
  headers?: Record<string, string>;
  /** Members of its own (RFC 9457 §3.2): what helps a program to go on. */
  members?: Record<string, unknown>;
}

/** An error that the client may see (RFC 9457). Anything else that is thrown becomes a bare 500. */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly extras: ProblemExtras;

  constructor(code: ProblemCode, extras: ProblemExtras = {}, options?: ErrorOptions) {
    super(extras.detail ?? code, options);
    this.code = code;
    this.extras = extras;
  }
}

/** One field is wrong in a way that its schema cannot say. */
export function invalid(path: string, message: string): Problem {
  return new Problem('validation_failed', { errors: [{ path, message }] });
}

/** What was percent-encoded cannot be decoded. */
export function notUtf8(what: 'path' | 'query', cause: unknown): Problem {
  const message = `The ${what} is not UTF-8`;
  return new Problem('validation_failed', { detail: message, errors: [{ path: '', message }] }, { cause });
}

/** Parses a body, or throws `validation_failed` with one entry per fault. */
export function parseBody<Schema extends z.ZodType>(schema: Schema, body: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new Problem('validation_failed', { errors: parsed.error.issues.flatMap(toFaults) });
}

function toFaults(issue: z.core.$ZodIssue): { path: string; message: string }[] {
  const path = issue.path.join('.');
  if (issue.code !== 'unrecognized_keys') return [{ path, message: issue.message }];
  return issue.keys.map((key) => ({ path: path === '' ? key : `${path}.${key}`, message: 'Not known here' }));
}

/** The body of a problem (RFC 9457); `instance` is the request's id. */
export function problemBody(publicUrl: string, code: ProblemCode, { detail, errors, members, instance }: Omit<ProblemExtras, 'headers'> & { instance?: string | undefined }) {
  const [status, title] = PROBLEMS[code];
  return { type: `${publicUrl}/docs/problems/${code}`, title, status, detail: detail ?? title, instance, code, errors, ...members };
}

/** Any error as it is answered. The server has put its public URL into the application's `locals`. */
export function renderProblem(error: unknown, response: Response): { problem: Problem; answer: StoredAnswer } {
  const problem = toProblem(error);
  const { headers = {}, ...extras } = problem.extras;
  const body = problemBody(String(response.app.locals['publicUrl'] ?? ''), problem.code, { ...extras, instance: response.get('x-request-id') });
  const type = { 'content-type': 'application/problem+json; charset=utf-8' };
  return { problem, answer: { status: body.status, headers: { ...type, ...headers }, body: JSON.stringify(body) } };
}

/** Registered last. Express 5 forwards rejected handlers here, so routes need no try/catch. */
export const problemHandler: ErrorRequestHandler = (error: unknown, _request, response, next) => {
  // Who was cut off has an answer already. Express would print that the request broke off.
  if (response.writableEnded) return;
  if (response.headersSent) return next(error);
  const { problem, answer } = renderProblem(error, response);
  response.locals['problem'] = problem;
  response.status(answer.status).set(answer.headers).send(answer.body);
};

/** Never shows an unexpected error's text. */
function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  // Express could not decode a part of the path.
  if (error instanceof URIError) return notUtf8('path', error);
  if (error instanceof Unavailable) return new Problem('unavailable', { headers: { 'retry-after': '1' } }, { cause: error });
  return new Problem('internal', {}, { cause: error });
}

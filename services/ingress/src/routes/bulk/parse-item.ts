import { activityCreateBody, activityId, toUtc, type InstructionBody, type ItemError } from '@waggle/contracts';
import { actingFor, invalid, parseBody, Problem, type Caller } from '@waggle/http';
import { parseInbound } from '../parse-inbound.ts';

export type ParsedItem = { kind: 'valid'; body: InstructionBody } | { kind: 'refused'; activity_id: string | null; error: ItemError };

export interface ItemContext {
  caller: Caller;
  now: Date;
  /** The request's own wish, for every item. */
  notify: boolean;
}

const DETAIL_LENGTH_MAX = 500;

/** One bad item never blocks the others: what is wrong with it is a value. */
export function parseItem(value: unknown, context: ItemContext): ParsedItem {
  try {
    return { kind: 'valid', body: parseBodyOf(value, context) };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return refusedItem(value, toItemError(error));
  }
}

export function refusedItem(value: unknown, error: ItemError): ParsedItem {
  const { activity_id: named } = (typeof value === 'object' && value !== null ? value : {}) as { activity_id?: unknown };
  return { kind: 'refused', activity_id: activityId.safeParse(named).data ?? null, error };
}

/** A problem's words in one line. */
export function toItemError({ code, extras: { detail, errors = [] }, message }: Problem): ItemError {
  const faults = errors.map((fault) => (fault.path === '' ? fault.message : `${fault.path}: ${fault.message}`)).join('; ');
  return { code, detail: (detail ?? (faults === '' ? message : faults)).slice(0, DETAIL_LENGTH_MAX) };
}

function parseBodyOf(value: unknown, { caller, now, notify }: ItemContext): InstructionBody {
  const body = isCreation(value) ? parseCreation(value) : parseInbound(value, now);
  actingFor(caller, body.user_id);
  const timed = 'timestamp' in body ? { ...body, timestamp: toUtc(body.timestamp) } : body;
  return notify ? { ...timed, notify } : timed;
}

function parseCreation(value: unknown): InstructionBody {
  const body = parseBody(activityCreateBody, value);
  if (body.activity.user_id !== undefined && body.activity.user_id !== body.user_id) throw invalid('activity.user_id', 'Names another user');
  return body;
}

function isCreation(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'event' in value && value.event === 'activity.create';
}

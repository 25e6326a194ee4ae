import { derivedId, type BehaviorEvent, type Refusal } from '@waggle/contracts';
import type { Activity, Occurrence } from '../activities/activity.ts';
import type { Telling } from '../channels/told-to.ts';
import type { BatchState, PlanLimits, Remembered, Verdict } from './batch-state.ts';
import { userKey } from './batch-state.ts';
import type { Instruction } from './instruction.ts';

/** An occurrence as it is to be kept. */
export interface KeptOccurrence {
  workspaceId: string;
  activityId: string;
  occurrence: Occurrence;
}

/** What one batch changes. */
export interface BatchChanges {
  /** One per instruction that was decided, in their order. */
  verdicts: Verdict[];
  /** By command id: to be remembered. */
  answers: Map<string, Remembered>;
  /** Likewise, in the place of what is remembered without a view of the activity. */
  completedAnswers: Map<string, Pick<Remembered, 'digest' | 'result'>>;
  /** Created ones. */
  activities: Activity[];
  occurrences: Map<string, KeptOccurrence>;
  applied: { workspaceId: string; userId: string; name: string }[];
  /** By `userKey`: for whom something was created, so that new ones stay. */
  users: Set<string>;
  /** By `userKey`, in milliseconds: when a day of theirs ends that may hold something open. */
  sweeps: Map<string, number>;
  /** Likewise: when a reminder of theirs may be due. */
  looks: Map<string, number>;
  events: BehaviorEvent[];
  /** By event id: how each came about. */
  tellings: Map<string, Telling>;
}

/** What came of instructions, however many transactions it took: a verdict for each, in their order. */
export type Applied = Pick<BatchChanges, 'verdicts' | 'events'>;

/** What deciding depends on beside the state. `now`: the time of the decision. */
export interface Deciding {
  now: string;
  limits: PlanLimits;
}

export interface Context extends Deciding {
  state: BatchState;
  changes: BatchChanges;
}

export const noChanges = (): BatchChanges => ({
  verdicts: [], answers: new Map(), completedAnswers: new Map(), activities: [], occurrences: new Map(), applied: [], users: new Set(), sweeps: new Map(), looks: new Map(), events: [], tellings: new Map(),
});

type Refused = Extract<Verdict, { outcome: 'refused' }>;
export const refused = (code: Refusal['code'], detail: string): Refused => ({ outcome: 'refused', refusal: { status: 'refused', code, detail } });

/** A fault of the request that only the core can see. `path`: in its body. */
export const invalid = (path: string, message: string): Refused =>
  ({ outcome: 'refused', refusal: { status: 'refused', code: 'validation_failed', detail: `${path}: ${message}`, errors: [{ path, message }] } });

/** The instruction's own ids, the same each time it is decided. Items of one bulk request share the operation, so its id alone would not do. */
export function idOf(prefix: 'evt' | 'act', { acceptedAt, operationId, id }: Instruction, index: number): string {
  return derivedId(prefix, Date.parse(acceptedAt), operationId, id, index);
}

/** Adds events of an instruction, with what decides whom they are told to. */
export function tell({ events, tellings }: BatchChanges, { body, isBulk = false }: Instruction, told: readonly BehaviorEvent[]): void {
  events.push(...told);
  const telling = { origin: 'channel' in body ? body.channel : undefined, isBulk, notify: body.notify ?? false };
  for (const { id } of told) tellings.set(id, telling);
}

type OfUser = Pick<Activity, 'workspaceId' | 'userId'>;

export const sweepAt = ({ sweeps }: BatchChanges, of: OfUser, atMs: number): void => keepEarliest(sweeps, of, atMs);
export const lookAt = ({ looks }: BatchChanges, of: OfUser, atMs: number): void => keepEarliest(looks, of, atMs);

function keepEarliest(instants: Map<string, number>, { workspaceId, userId }: OfUser, atMs: number): void {
  const key = userKey({ workspaceId, id: userId });
  instants.set(key, Math.min(instants.get(key) ?? Infinity, atMs));
}

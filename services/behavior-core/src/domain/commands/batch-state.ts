import type { ActivityType, OperationAnswer, OperationResult, Refusal } from '@waggle/contracts';
import type { LoadedActivity } from '../activities/loaded-activity.ts';

/** What became of one instruction. A refusal is the operation's alone: the command may be tried again once its cause is gone. */
export type Verdict =
  | { outcome: 'processed' | 'unchanged' | 'duplicate'; answer: OperationAnswer }
  | { outcome: 'refused'; refusal: Refusal }
  /** The same `Idempotency-Key` with the same body: what was answered the first time, word for word. */
  | { outcome: 'replayed'; result: OperationResult };

/** What is kept of a command that was decided. A refusal is kept under an `Idempotency-Key` only. */
export interface Remembered {
  workspaceId: string;
  userId: string;
  digest: string | null;
  result: OperationResult;
}

/** How many activities of each type a user may have that are not archived; a task that is done counts no more. */
export type PlanLimits = Readonly<Record<ActivityType, number>>;

/** A user whose row is locked. `isNew`: it was made for this batch and goes again unless something is created for it. */
export interface LoadedUser {
  timezone: string;
  isNew: boolean;
  /** Of each type, what counts against the plan's limits; loaded where something may be created. */
  active: Record<ActivityType, number>;
}

/** What must be known to decide a batch. Deciding writes into it, so a state serves one decision only. */
export interface BatchState {
  /** Requests that were decided before, by operation id: redelivered records. */
  operations: ReadonlyMap<string, Verdict>;
  /** Commands that were decided before, by command id. */
  answers: ReadonlyMap<string, Pick<Remembered, 'digest' | 'result'>>;
  /** By `activityKey`. */
  activities: Map<string, LoadedActivity>;
  /** By `userKey`; whom nobody knows and who may not be created is not there. */
  users: ReadonlyMap<string, LoadedUser>;
  /** The activities of the templates that are named, by `templateKey`, as they are kept: read where they are used, so that one that cannot be is its record's fault. */
  templates: ReadonlyMap<string, unknown>;
  /** By `appliedKey`. */
  applied: Set<string>;
}

export const activityKey = (workspaceId: string, activityId: string) => `${workspaceId}:${activityId}`;
export const userKey = ({ workspaceId, id }: { workspaceId: string; id: string }) => `${workspaceId}:${id}`;
export const templateKey = (workspaceId: string, name: string) => `${workspaceId}:${name}`;
export const appliedKey = (workspaceId: string, userId: string, name: string) => `${workspaceId}:${userId}:${name}`;

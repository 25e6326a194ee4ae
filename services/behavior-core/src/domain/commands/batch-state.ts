import type { OccurrenceState, OperationAnswer, Refusal } from '@waggle/contracts';
import type { Activity, Occurrence } from '../activities/activity.ts';

/** What became of one command. A refusal is the operation's alone: the command may be tried again once its cause is gone. */
export type Verdict = { outcome: 'processed' | 'unchanged' | 'duplicate'; answer: OperationAnswer } | { outcome: 'refused'; refusal: Refusal };

/** An activity with what is recorded of it. Deciding writes into its maps, so a state serves one decision only. */
export interface LoadedActivity {
  activity: Activity;
  history: Map<number, OccurrenceState>;
  /** In full for the days that the batch is about and for the present one, by the day they are kept under. */
  occurrences: Map<string, Occurrence>;
}

/** What must be known to decide a batch. */
export interface BatchState {
  /** Requests that were decided before: redelivered records. */
  operations: ReadonlyMap<string, Verdict>;
  /** Commands that had an effect before, by command id. */
  answers: ReadonlyMap<string, OperationAnswer>;
  activities: ReadonlyMap<string, LoadedActivity>;
}

export const activityKey = (workspaceId: string, activityId: string) => `${workspaceId}:${activityId}`;

import type { Refusal, StepView } from '@waggle/contracts';
import type { Activity, Occurrence } from './activity.ts';

export type OccurrenceAction = 'complete' | 'skip' | 'snooze' | 'reopen' | 'activate' | 'complete_step' | 'skip_step';

/** `at`: when it happened, in UTC; `until`: when a snooze ends. */
export interface OccurrenceCommand {
  action: OccurrenceAction;
  at: string;
  channel?: string | undefined;
  until?: string | undefined;
  stepId?: string | undefined;
}

/** An event that a change makes, in order. `steps`: as they were right then. */
export type Told =
  | { event: 'activity.completed' | 'activity.skipped' | 'activity.snoozed' | 'activity.reopened' }
  | { event: 'routine.activated' | 'routine.partial'; steps: StepView[] }
  | { event: 'routine.step_completed' | 'routine.step_skipped'; steps: StepView[]; stepId: string };

export type OccurrenceChange =
  | { kind: 'changed'; occurrence: Occurrence; told: Told[] }
  | { kind: 'unchanged' }
  | { kind: 'rejected'; code: Extract<Refusal['code'], 'activity_archived' | 'invalid_transition' | 'not_found'>; detail: string };

export const conflict = (detail: string) => ({ kind: 'rejected', code: 'invalid_transition', detail }) as const;
export const noOccurrence = ({ id }: Pick<Activity, 'id'>) => conflict(`${id} has no occurrence on that day`);

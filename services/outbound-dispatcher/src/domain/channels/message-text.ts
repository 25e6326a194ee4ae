import type { BehaviorEvent } from '@waggle/contracts';

const WORDS = {
  'activity.completed': 'Done', 'activity.skipped': 'Skipped', 'activity.reopened': 'Open again', 'activity.missed': 'Missed', 'activity.created': 'New',
  'activity.updated': 'Changed', 'activity.deleted': 'Archived', 'routine.activated': 'Started', 'routine.partial': 'Partly done',
} as const;

/** What a channel says of an event, in one line that names the activity. */
export function messageText(event: BehaviorEvent): string {
  const { name } = activityOf(event);
  if (event.event === 'reminder.sent') return `${event.reminder.type === 'nudge' ? 'Time for' : 'Still open'}: ${name}`;
  if (event.event === 'activity.snoozed') return `Snoozed for ${event.activity.snooze_minutes} min: ${name}`;
  if (event.event === 'routine.step_completed') return `${name}: ${stepNamed(event.routine)} is done`;
  if (event.event === 'routine.step_skipped') return `${name}: ${stepNamed(event.routine)} is skipped`;
  return `${WORDS[event.event]}: ${name}`;
}

const stepNamed = ({ steps, step_id: stepId }: { steps: readonly { id: string; name: string }[]; step_id: string }): string =>
  steps.find(({ id }) => id === stepId)?.name ?? stepId;

/** Contract, section 3: the activity in a `webhook` channel's body. */
export function activityOf(event: BehaviorEvent): { id: string; type: string; name: string } {
  if ('reminder' in event) return { id: event.reminder.activity_id, type: event.reminder.activity_type, name: event.reminder.name };
  const { id, type, name } = 'routine' in event ? event.routine : event.activity;
  return { id, type, name };
}

export const kindOf = (event: BehaviorEvent): 'activity' | 'reminder' => ('reminder' in event ? 'reminder' : 'activity');

import type { BehaviorEvent } from '@waggle/contracts';

/** What a channel says of an event, in one line that names the activity. */
export function messageText(event: BehaviorEvent): string {
  switch (event.event) {
    case 'activity.completed': return `Done: ${event.activity.name}`;
    case 'activity.skipped': return `Skipped: ${event.activity.name}`;
    case 'activity.snoozed': return `Snoozed for ${event.activity.snooze_minutes} min: ${event.activity.name}`;
    case 'activity.reopened': return `Open again: ${event.activity.name}`;
    case 'activity.missed': return `Missed: ${event.activity.name}`;
    case 'activity.created': return `New: ${event.activity.name}`;
    case 'activity.updated': return `Changed: ${event.activity.name}`;
    case 'activity.deleted': return `Archived: ${event.activity.name}`;
    case 'routine.activated': return `Started: ${event.routine.name}`;
    case 'routine.partial': return `Partly done: ${event.routine.name}`;
    case 'routine.step_completed': return `${event.routine.name}: ${stepNamed(event.routine)} is done`;
    case 'routine.step_skipped': return `${event.routine.name}: ${stepNamed(event.routine)} is skipped`;
    case 'reminder.sent': return event.reminder.type === 'nudge' ? `Time for: ${event.reminder.name}` : `Still open: ${event.reminder.name}`;
  }
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

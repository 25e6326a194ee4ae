import type { ActivityView } from '@waggle/contracts';
import { occurrenceDate, type Activity, type History, type Occurrence } from './activity.ts';
import { computeCompletionRate, computeStreak } from './streak.ts';

/** `present`: the occurrence of the user's present local day (a task's only one), where something is recorded of it. */
export interface ActivityState {
  activity: Activity;
  history: History;
  present: Occurrence | undefined;
}

/** The activity as a client sees it on the local day `today`. */
export function toActivityView({ activity, history, present }: ActivityState, today: string): ActivityView {
  const { id, type, name, channels, version } = activity;
  const state = present?.state ?? 'pending';
  return {
    id,
    user_id: activity.userId,
    type,
    name,
    channels,
    status: statusOf(activity, present),
    today: { date: today, scheduled: true, state, channel: present?.channel ?? null, at: present?.at ?? null, snoozed_until: null, steps: [] },
    streak: computeStreak(activity, history, today),
    completion_rate_30d: roundRate(computeCompletionRate(activity, history, today)),
    version,
    created_at: activity.createdAt,
    updated_at: activity.updatedAt,
  };
}

/** The key under which the present occurrence is kept. */
export const presentDate = (activity: Activity, today: string): string => occurrenceDate(activity, today);

function statusOf({ type, archivedAt }: Activity, present: Occurrence | undefined): ActivityView['status'] {
  if (archivedAt !== null) return 'archived';
  return type === 'task' && present?.state === 'done' ? 'completed' : 'active';
}

/** Two decimals, as in the contract's example. */
const roundRate = (rate: number | null) => (rate === null ? null : Math.round(rate * 100) / 100);

import { toUtc, type Award, type Environment } from '@waggle/contracts';

export interface AwardRow {
  id: string;
  wallet: string;
  task_id: string;
  event_id: string;
  points: number;
  environment: Environment;
  occurred_at: Date;
  awarded_at: Date;
  revokes: string | null;
}

export const AWARD_COLUMNS = 'a.id, a.wallet, a.task_id, a.event_id, a.points, a.environment, a.occurred_at, a.awarded_at, a.revokes';

export function toAwardView({ id, wallet, task_id, event_id, points, environment, occurred_at, awarded_at, revokes }: AwardRow): Award {
  return { id, wallet, task_id, event_id, points, environment, occurred_at: toUtc(occurred_at), awarded_at: toUtc(awarded_at), revokes };
}

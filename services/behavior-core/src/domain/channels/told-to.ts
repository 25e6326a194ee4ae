import { FEED, type BehaviorEvent } from '@waggle/contracts';
import { dayNumber, localDate } from '../local-date.ts';

/** How a change came about, as far as telling the user's channels depends on it. Nothing known: it came from the system itself. */
export interface Telling {
  /** The channel that the request named as its own: it knows already. */
  origin?: string | undefined;
  /** An item of a bulk request. */
  isBulk: boolean;
  /** The request asked for telling, whatever it is. */
  notify: boolean;
}

/** Of whom the change is. `channels`: what is connected beside the feed. */
export interface ToldUser {
  channels: readonly string[];
  timezone: string;
  now: string;
}

/**
 * The channels that are told of an event. Contract, sections 2 and 3: of a change all but its origin; none of a backfill, unless it is asked
 * for. A reminder goes to the one channel that was chosen for it.
 */
export function toldTo(event: BehaviorEvent, telling: Telling | undefined, user: ToldUser): string[] {
  if (event.event === 'reminder.sent') return [event.reminder.channel];
  const { origin, isBulk = false, notify = false } = telling ?? {};
  if (!notify && (isBulk || isOld(event, user))) return [];
  return [FEED, ...user.channels].filter((channel) => channel !== origin);
}

/** About a day before the user's yesterday. */
function isOld(event: BehaviorEvent, { timezone, now }: ToldUser): boolean {
  const entity = 'routine' in event ? event.routine : 'activity' in event ? event.activity : null;
  if (entity === null || !('occurrence_date' in entity)) return false;
  return dayNumber(entity.occurrence_date) < dayNumber(localDate(now, timezone)) - 1;
}

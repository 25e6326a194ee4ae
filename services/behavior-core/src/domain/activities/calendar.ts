import { dayNumber } from '../local-date.ts';
import type { Activity } from './activity.ts';
import { daysBetween, parseRecurrence, type Recurrence } from './recurrence.ts';

/** On which local days an activity has an occurrence by its schedule. */
export interface Calendar {
  isScheduled(day: number): boolean;
}

/** Days are asked of the rule in stretches of about a year, each once. */
const STRETCH = 366;

/**
 * A schedule that starts on the day of the activity's creation says nothing of what was before, so its rule holds backwards too: what is
 * logged of earlier days counts. One that starts on another day begins there.
 */
export function createCalendar({ recurrence, startsOn, createdOn }: Pick<Activity, 'recurrence' | 'startsOn' | 'createdOn'>): Calendar {
  const first = startsOn === createdOn ? -Infinity : dayNumber(startsOn);
  if (recurrence === null) return { isScheduled: (day) => day >= first };
  const stretches = new Map<number, ReadonlySet<number>>();
  return {
    isScheduled(day) {
      if (day < first) return false;
      const stretch = Math.floor(day / STRETCH);
      const days = stretches.get(stretch) ?? daysOf(recurrence, startsOn, stretch);
      stretches.set(stretch, days);
      return days.has(day);
    },
  };
}

const MEMO_MAX = 1_000;

/** Of rules that many activities share, and of those that are asked for again: to reckon a stretch takes some milliseconds, and where long lists or a COUNT are in it a hundred. */
const reckoned = new Map<string, ReadonlySet<number>>();

function daysOf(recurrence: string, startsOn: string, stretch: number): ReadonlySet<number> {
  const key = `${stretch} ${startsOn} ${recurrence}`;
  const known = reckoned.get(key);
  if (known !== undefined) return known;
  const days = daysBetween(ruleOf(recurrence), dayNumber(startsOn), { from: stretch * STRETCH, until: (stretch + 1) * STRETCH });
  if (reckoned.size >= MEMO_MAX) reckoned.clear();
  reckoned.set(key, days);
  return days;
}

function ruleOf(recurrence: string): Recurrence {
  const rule = parseRecurrence(recurrence);
  if (typeof rule === 'string') throw new RangeError(`A recurrence that was accepted is none: ${rule}`);
  return rule;
}

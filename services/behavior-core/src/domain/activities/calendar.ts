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
  let rule: Recurrence | undefined;
  const stretches = new Map<number, ReadonlySet<number>>();
  return {
    isScheduled(day) {
      if (day < first) return false;
      rule ??= ruleOf(recurrence);
      const stretch = Math.floor(day / STRETCH);
      const days = stretches.get(stretch) ?? daysBetween(rule, dayNumber(startsOn), { from: stretch * STRETCH, until: (stretch + 1) * STRETCH });
      stretches.set(stretch, days);
      return days.has(day);
    },
  };
}

function ruleOf(recurrence: string): Recurrence {
  const rule = parseRecurrence(recurrence);
  if (typeof rule === 'string') throw new Error(`A recurrence that was accepted is none: ${rule}`);
  return rule;
}

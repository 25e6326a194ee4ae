import { newOccurrence, type Activity, type Occurrence } from '../src/domain/activities/activity.ts';
import { createCalendar } from '../src/domain/activities/calendar.ts';
import { lookAfterChange } from '../src/domain/reminders/mark.ts';
import { remindUser, type RemindedUser } from '../src/domain/reminders/remind-user.ts';
import { reminderKey } from '../src/domain/reminders/reminder.ts';

export interface Play {
  activity: Activity;
  from: string;
  until: string;
  hour?: number;
  /** What happens meanwhile, as a command would make it happen. */
  changes?: { at: string; occurrence?: Occurrence; activity?: Activity }[];
  /** Nobody looks between these. */
  outage?: { from: string; until: string };
  /** As the scheduler's poll: how long after a look is wanted it is taken. */
  delayMs?: number;
  perDayMax?: number;
  /** Looks that nobody needs, as another activity's reminders make them. */
  alsoAt?: string[];
}

export const aReminded = (given: Partial<RemindedUser>): RemindedUser => ({
  workspaceId: 'ws_demo', id: 'usr_0', timezone: 'UTC', preferredChannels: [], answered: null, connections: new Map(), sentOn: { date: '', count: 0 }, remindables: [], ...given,
});

/** Plays the scheduler over a time: who is to be looked at when, what is decided, and what becomes of it. */
export function playReminders(play: Play) {
  const { activity, from, until, hour, changes, outage, delayMs, perDayMax, alsoAt } = { hour: 9, changes: [], delayMs: 0, perDayMax: 200, alsoAt: [], ...play };
  const scheduler = aScheduler({ activity, from, hour, perDayMax });
  const pending = changes.toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at));
  const extra = alsoAt.map((at) => Date.parse(at)).toSorted((a, b) => a - b);
  for (;;) {
    const lookMs = afterOutage(Math.min(scheduler.wantedMs(), extra[0] ?? Infinity) + delayMs, outage);
    if (pending[0] !== undefined && Date.parse(pending[0].at) <= lookMs) scheduler.change(pending.shift()!);
    else if (lookMs >= Date.parse(until)) return scheduler.played;
    else {
      while (extra[0] !== undefined && extra[0] <= lookMs) extra.shift();
      scheduler.look(lookMs);
    }
  }
}

const afterOutage = (ms: number, outage: Play['outage']) => (outage !== undefined && ms >= Date.parse(outage.from) && ms < Date.parse(outage.until) ? Date.parse(outage.until) : ms);

function aScheduler({ activity, from, hour, perDayMax }: Required<Pick<Play, 'activity' | 'from' | 'hour' | 'perDayMax'>>) {
  const decided = new Set<string>();
  const occurrences = new Map<string, Occurrence>();
  const played: { at: string; what: string }[] = [];
  let current = activity;
  let sentOn: RemindedUser['sentOn'] = { date: '', count: 0 };
  let wantedMs = Date.parse(from);
  return {
    played,
    wantedMs: () => wantedMs,
    change({ at, occurrence, activity: next }: NonNullable<Play['changes']>[number]) {
      current = next ?? current;
      if (next !== undefined) wantedMs = Math.min(wantedMs, Date.parse(at));
      if (occurrence === undefined) return;
      const before = occurrences.get(occurrence.date) ?? newOccurrence(occurrence.date);
      occurrences.set(occurrence.date, occurrence);
      wantedMs = Math.min(wantedMs, lookAfterChange(current, { before, after: occurrence, now: at }) ?? Infinity);
    },
    look(atMs: number) {
      const user = aReminded({ timezone: current.timezone, sentOn, remindables: [{ activity: current, calendar: createCalendar(current), occurrences, decided }] });
      const since = new Date(Math.min(wantedMs, atMs)).toISOString();
      const reminding = remindUser(user, { since, now: new Date(atMs).toISOString(), hour }, { perDayMax });
      for (const { reminder, outcome } of reminding.decided) {
        if (decided.has(reminderKey(reminder))) throw new Error(`Twice: ${reminderKey(reminder)}`);
        decided.add(reminderKey(reminder));
        played.push({ at: new Date(atMs).toISOString().slice(0, 16), what: `${outcome} ${reminder.type} of ${reminder.date}` });
      }
      if (reminding.events.length !== reminding.decided.filter(({ outcome }) => outcome === 'sent').length) throw new Error('What is sent makes an event, and nothing else');
      if (reminding.nextMs !== null && reminding.nextMs <= atMs) throw new Error('It looks back');
      ({ sentOn } = reminding);
      wantedMs = reminding.nextMs ?? Infinity;
    },
  };
}

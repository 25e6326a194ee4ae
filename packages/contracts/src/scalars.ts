import { z } from 'zod';

/** The partner's own stable id of a person (contract, section 1). */
export const userId = z.string().regex(/^[A-Za-z0-9_.:@-]{1,64}$/, 'Must be 1 to 64 letters, digits or _ . : @ -');

/** An id of ours, whose prefix says of what. Not `startsWith`: in JSON Schema that is a format which validators do not know, and refuse. */
export const idOf = (prefix: string) => z.string().regex(new RegExp(`^${prefix}_.*`));

/** Ids that a client may bring along on creation. */
export const activityId = z.string().regex(/^act_[A-Za-z0-9_-]{1,60}$/, 'Must be act_ and 1 to 60 letters, digits, _ or -');

/** Of a routine's step, likewise. */
export const stepId = z.string().regex(/^stp_[A-Za-z0-9_-]{1,60}$/, 'Must be stp_ and 1 to 60 letters, digits, _ or -');

export const activityType = z.enum(['habit', 'task', 'routine']);
export type ActivityType = z.infer<typeof activityType>;

export const occurrenceState = z.enum(['pending', 'done', 'skipped', 'snoozed', 'partial', 'missed']);
export type OccurrenceState = z.infer<typeof occurrenceState>;

export const stepState = z.enum(['pending', 'done', 'skipped']);
export type StepState = z.infer<typeof stepState>;

export const reminderType = z.enum(['nudge', 'follow_up']);
export type ReminderType = z.infer<typeof reminderType>;

/** PostgreSQL's text takes neither U+0000 nor a lone surrogate, so neither may be accepted. */
export const cleanText = z.string().refine((text) => text.isWellFormed() && !text.includes('\u0000'), 'Must not hold U+0000 or lone surrogates');

/** Names and labels: 1 to 200 characters. */
export const label = cleanText.min(1).max(200);

export const description = cleanText.max(2_000);

/** Whether it is a URL, and one that we call, the dispatcher says. */
export const urlText = cleanText.min(1).max(2_048);

/** The free name of a channel, as in `telegram`: 1 to 200 characters. */
export const channelName = cleanText.min(1).max(200);

/**
 * ISO 8601 with an offset, as clients send it; seconds may be missing where they are none, as Java writes it, and an offset may be `+0100` or `+01`,
 * as Python, PHP and PostgreSQL do. `toUtc` makes it ours.
 */
export const timestampWithOffset = z.string()
  .overwrite((text) => text
    .replace(/(T[\d:.]+[+-]\d\d)$/, '$1:00')
    .replace(/(T[\d:.]+[+-]\d\d)(\d\d)$/, '$1:$2')
    .replace(/^(\d{4}-\d\d-\d\dT\d\d:\d\d)(Z|[+-]\d\d:\d\d)$/, '$1:00$2'))
  .check(z.iso.datetime({ offset: true, error: 'Must be an ISO 8601 time with an offset, as in 2026-03-28T08:12:44Z' }));

const LAST_MS = Date.parse('9999-12-31T23:59:59.999Z');
const FIRST_MS = Date.parse('0001-01-01T00:00:00Z');

/** `since` and `until`: in UTC, the one form that every database takes. Nothing of ours is older than the epoch or has a year of five digits, so what lies beyond is moved to there. */
export const timeBound = timestampWithOffset.overwrite(ifTime((timeMs) => new Date(Math.min(Math.max(0, timeMs), LAST_MS)).toISOString()));

/** A time with an offset, as we write it. */
export const timeInUtc = timestampWithOffset.overwrite(ifTime((timeMs) => toUtc(new Date(timeMs))));

/** A time that is kept and shown again, in UTC: in the years that PostgreSQL and `utcTimestamp` have in common. */
export const keptTime = timestampWithOffset.transform((timestamp, context) => {
  const time = Date.parse(timestamp);
  if (time >= FIRST_MS && time <= LAST_MS) return toUtc(timestamp);
  context.addIssue('Must be in the years 1 to 9999');
  return z.NEVER;
});

/** The years in which schedules are reckoned: far enough for anybody, near enough that no rule runs for ever. */
export const isReckoned = (timestamp: string): boolean => timestamp >= '1970' && timestamp < '2200';

/**
 * For `refine`, of a query with both names. From a time to the same is a period without events, and no mistake: who asks period by period may
 * have come to the end.
 */
export function inOrder<Since extends string, Until extends string>(since: Since, until: Until) {
  const isInOrder = (query: { [Name in Since | Until]?: string | undefined }): boolean => {
    const [from, to] = [query[since], query[until]];
    return from === undefined || to === undefined || Date.parse(from) <= Date.parse(to);
  };
  const fault = { path: [until], message: `Must not be before ${since}` };
  return [isInOrder, fault] as const;
}

/** As we write it: UTC with `Z`, milliseconds only where they are not zero. */
export const utcTimestamp = z.iso.datetime();

export const localDate = z.iso.date();

/** Wall-clock time of a user, as in `07:30`. */
export const localTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'Must be a time of day, as in 07:30');

export function toUtc(timestamp: string | Date): string {
  return new Date(timestamp).toISOString().replace('.000Z', 'Z');
}

/** For `overwrite`, which runs also where the form was found wrong. */
function ifTime(write: (timeMs: number) => string): (text: string) => string {
  return (text) => {
    const timeMs = Date.parse(text);
    return Number.isNaN(timeMs) ? text : write(timeMs);
  };
}

/** An IANA name, as the runtime's time zone data knows it. Offsets such as `+01:00` are no zones: they know no summer time. */
export const timeZone = z.string().max(64).transform((name, context) => {
  const known = /^[A-Za-z]/.test(name) ? zoneNamed(name) : undefined;
  if (known !== undefined) return known;
  context.addIssue('Must be an IANA time zone, as in Europe/Berlin');
  return z.NEVER;
});

/** In the spelling of the data; an alias stays the name that was given. */
function zoneNamed(name: string): string | undefined {
  try {
    const { timeZone: resolved } = new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions();
    return resolved.toLowerCase() === name.toLowerCase() ? resolved : name;
  } catch {
    return undefined;
  }
}

/** Of an action without arguments: an unknown field is a mistake there too. */
export const emptyBody = z.strictObject({});

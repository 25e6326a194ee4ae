import { inappEventBody, type InappEventBody } from '@waggle/contracts';
import { Refused } from './refused.ts';

const AHEAD_MAX_MS = 7 * 86_400_000;
/** The first time that PostgreSQL and a four-digit year can both tell. */
const FIRST_MS = Date.parse('0001-01-01T00:00:00Z');

export function parseEvent(value: unknown, now: Date): InappEventBody {
  const parsed = inappEventBody.safeParse(value);
  if (!parsed.success) {
    const [{ path, message } = { path: [], message: '' }] = parsed.error.issues;
    throw new Refused('validation_failed', `${path.join('.') || 'body'}: ${message}`);
  }
  const occurredAt = Date.parse(parsed.data.occurred_at);
  if (occurredAt > now.getTime() + AHEAD_MAX_MS) throw new Refused('validation_failed', 'occurred_at: More than 7 days ahead');
  if (occurredAt < FIRST_MS) throw new Refused('validation_failed', 'occurred_at: Before the year 1');
  return parsed.data;
}

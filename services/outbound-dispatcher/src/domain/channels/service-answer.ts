import type { ChannelCredentials } from '@waggle/contracts';
import { z } from 'zod';
import type { AttemptResult } from '../attempt-result.ts';

/** Telegram Bot API, "Making requests" and ResponseParameters. */
const telegramAnswer = z.object({ ok: z.boolean(), parameters: z.object({ retry_after: z.number().optional() }).optional() });

/**
 * What the service's answer means. Telegram says in the body how long to wait after a 429, and whether it took the message; the others say
 * all by status and header, and so does a stand-in for Telegram whose body is of another form.
 */
export function readAnswer(kind: ChannelCredentials['kind'], result: AttemptResult): AttemptResult {
  if (kind !== 'telegram' || result.responseBody === null) return result;
  const answer = telegramAnswer.safeParse(parseJson(result.responseBody));
  if (!answer.success) return result;
  const { ok, parameters } = answer.data;
  const retryAfter = parameters?.retry_after === undefined ? result.retryAfter : String(Math.ceil(parameters.retry_after));
  return { ...result, retryAfter, ...(result.statusCode === 200 && !ok && { failure: 'not_ok' }) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The service wants nothing from these credentials: a token was revoked, the bot was blocked, the hook is gone. The connection is failing at once (contract, section 3). */
export const isRefusal = ({ statusCode }: AttemptResult): boolean => statusCode === 401 || statusCode === 403 || statusCode === 410;

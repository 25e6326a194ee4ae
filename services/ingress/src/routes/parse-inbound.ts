import { faultOfTime, inboundBodies, isInboundEvent, type InboundBody } from '@waggle/contracts';
import { invalid, parseBody, Problem } from '@waggle/http';
import { z } from 'zod';

// Built once: building a schema compiles code, which per request cost 8 % of ingress.
const namedEvent = z.object({ event: z.string() });
const namedUser = z.object({ user_id: inboundBodies['activity.completed'].shape.user_id });

/** Whom a body is about, before anything else of it is judged. */
export function userNamedIn(body: unknown): string | undefined {
  return namedUser.safeParse(body).data?.user_id;
}

/** The event first, so that an unknown one is called unknown whatever its fields are. */
export function parseInbound(body: unknown, now: Date): InboundBody {
  const { event } = parseBody(namedEvent, body);
  if (!isInboundEvent(event)) throw new Problem('unknown_event', { detail: `Known are ${Object.keys(inboundBodies).join(', ')}` });
  const parsed = parseBody(inboundBodies[event], body);
  const fault = faultOfTime(parsed.timestamp, now);
  if (fault !== null) throw invalid('timestamp', fault);
  return parsed;
}

import { z } from 'zod';
import { activityId, channelName, timestampWithOffset, userId } from './scalars.ts';

// The guide's four fields and what a single event adds. Unknown fields are dropped, not refused: partners add fields.
const onActivity = z.object({
  activity_id: activityId,
  user_id: userId,
  timestamp: timestampWithOffset,
  channel: channelName.optional(),
});

/** `POST /v1/webhooks/inbound`, one entry per event (guide "Inbound webhooks", contract section 2). */
export const inboundBodies = {
  'activity.completed': onActivity.extend({ event: z.literal('activity.completed') }),
  'activity.skipped': onActivity.extend({ event: z.literal('activity.skipped') }),
} as const;

export type InboundEvent = keyof typeof inboundBodies;
export const inboundBody = z.discriminatedUnion('event', [inboundBodies['activity.completed'], inboundBodies['activity.skipped']]);
export type InboundBody = z.infer<typeof inboundBody>;

export function isInboundEvent(event: string): event is InboundEvent {
  return Object.hasOwn(inboundBodies, event);
}

import { z } from 'zod';
import { activityCreation } from './activity.ts';
import { activityId, channelName, isReckoned, label, stepId, timestampWithOffset, toUtc, userId } from './scalars.ts';

// The guide's fields and what a single event adds. Unknown fields are dropped, not refused: partners add fields.
const shape = {
  user_id: userId,
  timestamp: timestampWithOffset,
  channel: channelName.optional(),
  /** Tell the user's channels although it is a backfill. */
  notify: z.boolean().optional(),
};
const onActivity = z.object({ ...shape, activity_id: activityId });
const onStep = onActivity.extend({ step_id: stepId });

const ACTIVITIES_MAX = 200;

/** When a snooze ends, in UTC milliseconds. Minutes count from `timestamp`. */
export function snoozeEnd({ timestamp, snooze_minutes, until }: { timestamp: string; snooze_minutes?: number | undefined; until?: string | undefined }): number {
  return until === undefined ? Date.parse(timestamp) + (snooze_minutes ?? 0) * 60_000 : Date.parse(until);
}

interface Snooze {
  timestamp: string;
  snooze_minutes?: number | undefined;
  until?: string | undefined;
}

/** Null when it says once, and in the future of its timestamp, when the snooze ends. */
export function faultOfSnooze(snooze: Snooze): { path: string[]; message: string } | null {
  const { snooze_minutes: minutes, until, timestamp } = snooze;
  if ((minutes === undefined) === (until === undefined)) return { path: ['snooze_minutes'], message: 'Either snooze_minutes or until must be given' };
  if (snoozeEnd(snooze) <= Date.parse(timestamp)) return { path: ['until'], message: 'Must be after timestamp' };
  if (until !== undefined && !isReckoned(toUtc(until))) return { path: ['until'], message: 'Must be in the years 1970 to 2199' };
  return null;
}

/** `POST /v1/webhooks/inbound`, one entry per event (guide "Inbound webhooks", contract section 2). */
export const inboundBodies = {
  'activity.completed': onActivity.extend({ event: z.literal('activity.completed') }),
  'activity.skipped': onActivity.extend({ event: z.literal('activity.skipped') }),
  'activity.snoozed': onActivity
    .extend({ event: z.literal('activity.snoozed'), snooze_minutes: z.int().min(1).max(1_440).optional(), until: timestampWithOffset.optional() })
    .check(({ value, issues }) => {
      // Of fields that are none nothing more can be said.
      const fault = issues.length > 0 ? null : faultOfSnooze(value);
      if (fault !== null) issues.push({ code: 'custom', input: value, ...fault });
    }),
  'activity.reopened': onActivity.extend({ event: z.literal('activity.reopened') }),
  'routine.activated': onActivity.extend({ event: z.literal('routine.activated') }),
  'routine.step_completed': onStep.extend({ event: z.literal('routine.step_completed') }),
  'routine.step_skipped': onStep.extend({ event: z.literal('routine.step_skipped') }),
  'onboarding.completed': z
    .object({ ...shape, event: z.literal('onboarding.completed'), template: label.optional(), activities: z.array(activityCreation).min(1).max(ACTIVITIES_MAX).optional() })
    .check(({ value, issues }) => {
      if (issues.length > 0 || (value.template === undefined) !== (value.activities === undefined)) return;
      issues.push({ code: 'custom', input: value, path: ['template'], message: 'Either template or activities must be given' });
    }),
} as const;

export type InboundEvent = keyof typeof inboundBodies;
export const inboundBody = z.discriminatedUnion('event', [
  inboundBodies['activity.completed'],
  inboundBodies['activity.skipped'],
  inboundBodies['activity.snoozed'],
  inboundBodies['activity.reopened'],
  inboundBodies['routine.activated'],
  inboundBodies['routine.step_completed'],
  inboundBodies['routine.step_skipped'],
  inboundBodies['onboarding.completed'],
]);
export type InboundBody = z.infer<typeof inboundBody>;
export type OnboardingBody = Extract<InboundBody, { event: 'onboarding.completed' }>;
/** About one day of one activity. */
export type OccurrenceBody = Exclude<InboundBody, OnboardingBody>;

const AHEAD_MAX_MS = 5 * 60_000;

/** What is wrong with the time at which something is said to have happened, or null. */
export function faultOfTime(timestamp: string, now: Date): string | null {
  if (Date.parse(timestamp) > now.getTime() + AHEAD_MAX_MS) return 'More than 5 minutes ahead';
  return isReckoned(toUtc(timestamp)) ? null : 'Must be in the years 1970 to 2199';
}

export function isInboundEvent(event: string): event is InboundEvent {
  return Object.hasOwn(inboundBodies, event);
}

/** In bulk only (contract, section 2): single creations have their own endpoint. */
export const activityCreateBody = z.object({ event: z.literal('activity.create'), user_id: userId, activity: activityCreation, notify: z.boolean().optional() });
export type ActivityCreateBody = z.infer<typeof activityCreateBody>;

/** All that the core can be asked to decide. */
export type InstructionBody = InboundBody | ActivityCreateBody;

import { hash, randomBytes } from 'node:crypto';
import { snoozeEnd, type InstructionBody } from './inbound.ts';
import { toUtc } from './scalars.ts';

/**
 * The same request gives the same id, so retries by the partner and redeliveries by Kafka meet in one inbox row: user, event, activity,
 * step and timestamp; a snooze's end; an onboarding's template or list (contract, section 2).
 */
export function naturalCommandId(workspaceId: string, body: InstructionBody): string {
  const { user_id: userId, event } = body;
  const activityId = 'activity_id' in body ? body.activity_id : null;
  const stepId = 'step_id' in body ? body.step_id : null;
  const timestamp = 'timestamp' in body ? toUtc(body.timestamp) : null;
  return commandId('natural', workspaceId, userId, event, activityId, stepId, timestamp, ...restOf(body));
}

function restOf(body: InstructionBody): string[] {
  if (body.event === 'activity.snoozed') return [toUtc(new Date(snoozeEnd(body)))];
  if (body.event === 'onboarding.completed') return [body.template === undefined ? digestOf(body.activities) : `template:${body.template}`];
  return body.event === 'activity.create' ? [digestOf(body.activity)] : [];
}

/** For a request that brings an `Idempotency-Key`: `scope` is all that the key is valid for. */
export const keyedCommandId = (...scope: readonly (string | number | null)[]): string => commandId('key', ...scope);

/** For a request that is like no other. */
export const freshCommandId = (): string => `cmd_${randomBytes(20).toString('base64url')}`;

const digestOf = (value: unknown) => hash('sha256', JSON.stringify(value), 'base64url');

/** 160 bits: enough that two requests never share an id. */
function commandId(...identity: readonly (string | number | null)[]): string {
  return `cmd_${digestOf(identity).slice(0, 27)}`;
}

import { hash } from 'node:crypto';
import { derivedId, toUtc, type Environment, type InappEvent, type InappEventBody } from '@waggle/contracts';

/** What ingress adds to an event. */
export interface Acceptance {
  key: { key_id: string; workspace_id: string; environment: Environment };
  digest: string;
  /** The exact text received. */
  text: string;
  now: Date;
}

export function toMessage({ event_id, event_type, campaign_id, occurred_at, user }: InappEventBody, { key, digest, text, now }: Acceptance): InappEvent {
  const { key_id, workspace_id, environment } = key;
  return {
    id: idOf(key_id, environment, event_id),
    workspace_id,
    campaign_id,
    key_id,
    environment,
    event_id,
    event_type,
    occurred_at: toUtc(occurred_at),
    wallet: user.wallet.toLowerCase(),
    received_at: toUtc(now),
    digest,
    body: text,
  };
}

/**
 * A function of what makes an event the same event, and of nothing else: with the time of receipt in it, a client's repetition would be
 * another event. So a hash stands where other ids have their time, which also leaves 122 bits against collisions instead of 74.
 */
function idOf(...identity: readonly [keyId: string, environment: Environment, eventId: string]): string {
  const digest = hash('sha256', JSON.stringify(identity), 'hex');
  return derivedId('iev', Number.parseInt(digest.slice(0, 12), 16), ...identity);
}

import type { Award, AwardView, CampaignEvent } from '@waggle/contracts';

/** An entry of the ledger, with what else is known of it. */
export interface LedgerEntry extends Omit<Award, 'awarded_at'> {
  campaign_id: number;
  task_name: string;
  is_revoked: boolean;
}

export interface Revocation {
  /** Negative points; `revokes` names the award. */
  entry: AwardView;
  published: CampaignEvent[];
}

/** `is_revocation`: what takes an award back is not an award. */
export type RevocationFault = 'unknown' | 'already_revoked' | 'is_revocation';

interface Terms {
  entryId: string;
  eventId: string;
  workspaceId: string;
  reason: string;
  now: string;
}

/** The ledger only grows: an award is taken back by an entry of its own. */
export function revokeAward(award: LedgerEntry, { entryId, eventId, workspaceId, reason, now }: Terms): Revocation | RevocationFault {
  if (award.revokes !== null) return 'is_revocation';
  if (award.is_revoked) return 'already_revoked';
  const { wallet, task_id, event_id, environment, occurred_at, campaign_id, task_name } = award;
  const entry = { id: entryId, wallet, task_id, event_id, points: -award.points, environment, occurred_at, awarded_at: now, revokes: award.id, reason };
  // Test awards are kept apart: nobody but the campaign's operator learns of them.
  if (environment === 'test') return { entry, published: [] };
  const envelope = { id: eventId, timestamp: now, user_id: wallet, workspace_id: workspaceId };
  return { entry, published: [{ event: 'award.revoked', ...envelope, award: { ...entry, campaign_id, type: 'award', name: task_name } }] };
}

import { campaignEvent, newId, toUtc, type CampaignEvent } from '@waggle/contracts';
import { transact } from '@waggle/database';
import { cloudEventHeaders, toRecord } from '@waggle/kafka';
import { appendToOutbox } from '@waggle/outbox';
import type { ClientBase, Pool } from 'pg';
import { revokeAward, type LedgerEntry, type Revocation, type RevocationFault } from '../../domain/campaigns/revoke-award.ts';
import { appendAudit, type Administrator } from '../people/audit-log.ts';

const SOURCE = 'waggle/behavior-core';
const THIS_AWARD = 'a.workspace_id = $1 AND a.campaign_id = $2 AND a.id = $3';

// The same order as in awarding, so that the two wait for each other instead of deadlocking: a task with a cap before the wallet, one without after it.
const LOCK_CAPPED_TASK = {
  name: 'award_lock_capped_task',
  text: `SELECT FROM campaign_tasks t WHERE t.max_awards IS NOT NULL
      AND (t.workspace_id, t.id) IN (SELECT a.workspace_id, a.task_id FROM awards a WHERE ${THIS_AWARD} AND a.environment = 'live')
    FOR NO KEY UPDATE`,
};
const LOCK_WALLET = {
  name: 'award_lock_wallet',
  text: `SELECT FROM campaign_wallets w WHERE (w.campaign_id, w.wallet) IN (SELECT a.campaign_id, a.wallet FROM awards a WHERE ${THIS_AWARD}) FOR NO KEY UPDATE`,
};
const LOAD = {
  name: 'award_load',
  text: `SELECT a.id, a.wallet, a.task_id, a.event_id, a.points, a.environment, a.occurred_at, a.awarded_at, a.revokes,
      a.campaign_id, a.period, a.inapp_event_id, t.name AS task_name, clock_timestamp() AS now,
      EXISTS (SELECT FROM awards r WHERE r.workspace_id = a.workspace_id AND r.revokes = a.id) AS is_revoked
    FROM awards a JOIN campaign_tasks t ON t.workspace_id = a.workspace_id AND t.id = a.task_id WHERE ${THIS_AWARD}`,
};
const SAVE = {
  name: 'award_revoke',
  text: `INSERT INTO awards (workspace_id, id, campaign_id, task_id, wallet, environment, period, inapp_event_id, event_id, points, occurred_at, awarded_at, revokes, reason)
    SELECT a.workspace_id, $4::text, a.campaign_id, a.task_id, a.wallet, a.environment, a.period, a.inapp_event_id, a.event_id, -a.points, a.occurred_at, $5::timestamptz, a.id, $6::text
    FROM awards a WHERE ${THIS_AWARD}`,
};
const GIVE_PLACE_BACK = {
  name: 'campaign_task_give_place_back',
  text: 'UPDATE campaign_tasks SET awards_used = awards_used - 1 WHERE workspace_id = $1 AND id = $2',
};
const TAKE_POINTS = {
  name: 'campaign_wallet_take_points',
  text: 'UPDATE campaign_wallets SET points = points - $3, awards = awards - 1 WHERE campaign_id = $1 AND wallet = $2',
};

interface Row extends Omit<LedgerEntry, 'occurred_at'> {
  occurred_at: Date;
  now: Date;
}

/** Takes awards back: entry, count of the task, points of the wallet, event and audit entry as one. */
export const createRevocationStore = (pool: Pool) => ({
  async revoke(by: Administrator, { campaignId, id }: { campaignId: number; id: string }, reason: string): Promise<Revocation | RevocationFault> {
    const key = [by.workspaceId, campaignId, id];
    return transact(pool, {
      async load(tx) {
        const [, , found] = await Promise.all([
          tx.query({ ...LOCK_CAPPED_TASK, values: key }),
          tx.query({ ...LOCK_WALLET, values: key }),
          tx.query<Row>({ ...LOAD, values: key }),
        ]);
        return found.rows[0];
      },
      decide(row) {
        if (row === undefined) return 'unknown';
        const ids = { entryId: newId('awd', row.now.getTime()), eventId: newId('evt', row.now.getTime()) };
        return revokeAward({ ...row, occurred_at: toUtc(row.occurred_at) }, { ...ids, workspaceId: by.workspaceId, reason, now: toUtc(row.now) });
      },
      async save(tx, decision) {
        if (typeof decision !== 'string') await save(tx, by, { key, decision });
        return decision;
      },
    });
  },
});
export type RevocationStore = ReturnType<typeof createRevocationStore>;

async function save(tx: ClientBase, by: Administrator, { key, decision }: { key: unknown[]; decision: Revocation }): Promise<void> {
  const { entry, published } = decision;
  const [workspaceId, campaignId] = key;
  // Test awards are on no leaderboard and use no cap.
  const counted = entry.environment === 'live';
  await Promise.all([
    tx.query({ ...SAVE, values: [...key, entry.id, entry.awarded_at, entry.reason] }),
    counted && tx.query({ ...GIVE_PLACE_BACK, values: [workspaceId, entry.task_id] }),
    counted && tx.query({ ...TAKE_POINTS, values: [campaignId, entry.wallet, -entry.points] }),
    appendToOutbox(tx, published.map((event: CampaignEvent) => toRecord(campaignEvent, event, cloudEventHeaders(event, SOURCE)))),
    appendAudit(tx, by, { action: 'award.revoked', target: { kind: 'award', id: String(entry.revokes) } }),
  ]);
}

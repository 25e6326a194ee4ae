import { campaignEvent, keyOfWallet, type InappEvent } from '@waggle/contracts';
import { isUniqueViolation, joinJson, transact } from '@waggle/database';
import { cloudEventHeaders, toRecord } from '@waggle/kafka';
import { appendToOutbox } from '@waggle/outbox';
import pg, { type ClientBase, type Pool } from 'pg';
import type { GrantedAward } from '../../domain/campaigns/campaign.ts';
import type { AwardChanges, CampaignState } from '../../domain/campaigns/decide-awards.ts';
import { loadForAwards } from './award-loader.ts';

const SOURCE = 'waggle/behavior-core';
const NOT_NULL_VIOLATION = '23502';

// No ON CONFLICT: an event that is there already was processed by somebody else meanwhile, and this transaction must not commit.
// In index order, so that two batches which hold the same events wait instead of deadlocking.
const SAVE_EVENTS = {
  name: 'inapp_events_save',
  text: `INSERT INTO inapp_events (workspace_id, id, campaign_id, key_id, environment, event_id, event_type, wallet, occurred_at, received_at,
      processed_at, processing_status, reason, conflict, digest, award_ids, body)
    SELECT workspace_id, id, campaign_id, key_id, environment, event_id, event_type, wallet, occurred_at, received_at,
      $16::timestamptz, processing_status, reason, conflict, digest, string_to_array(award_ids, ','), body
    FROM unnest($1::text[], $2::text[], $3::int[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::timestamptz[], $10::timestamptz[],
      $11::text[], $12::text[], $13::boolean[], $14::text[], $15::text[], string_to_array($17, E'\\x1f'))
      AS e(workspace_id, id, campaign_id, key_id, environment, event_id, event_type, wallet, occurred_at, received_at,
        processing_status, reason, conflict, digest, award_ids, body)
    ORDER BY workspace_id, id`,
};
const FLAG_CONFLICTS = {
  name: 'inapp_events_flag_conflicts',
  text: `UPDATE inapp_events SET conflict = true
    WHERE (workspace_id, id) IN (SELECT * FROM unnest($1::text[], $2::text[])) AND NOT conflict`,
};
const SAVE_AWARDS = {
  name: 'awards_save',
  text: `INSERT INTO awards (workspace_id, id, campaign_id, task_id, wallet, environment, period, inapp_event_id, event_id, points, occurred_at, awarded_at)
    SELECT * FROM unnest($1::text[], $2::text[], $3::int[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::int[],
      $11::timestamptz[], $12::timestamptz[])`,
};
// Tasks without a cap are locked only here, for the moment until COMMIT; in id order like the others.
const LOCK_TASKS = {
  name: 'campaign_tasks_lock',
  text: `SELECT FROM campaign_tasks WHERE (workspace_id, id) IN (SELECT * FROM unnest($1::text[], $2::text[]))
    ORDER BY workspace_id, id FOR NO KEY UPDATE`,
};
// Beyond the cap the CASE is null, which NOT NULL refuses: no transaction can commit one award too many, whatever it has read.
const COUNT_AWARDS = {
  name: 'campaign_tasks_count_awards',
  text: `UPDATE campaign_tasks AS t
    SET awards_used = CASE WHEN t.max_awards IS NULL OR t.awards_used + n.awards <= t.max_awards THEN t.awards_used + n.awards END
    FROM unnest($1::text[], $2::text[], $3::int[]) AS n(workspace_id, id, awards) WHERE t.workspace_id = n.workspace_id AND t.id = n.id`,
};
// Their rows are locked since the beginning of the transaction.
const ADD_POINTS = {
  name: 'campaign_wallets_add_points',
  text: `UPDATE campaign_wallets AS w SET points = w.points + p.points, awards = w.awards + p.awards
    FROM unnest($1::int[], $2::text[], $3::bigint[], $4::int[]) AS p(campaign_id, wallet, points, awards)
    WHERE w.campaign_id = p.campaign_id AND w.wallet = p.wallet`,
};

type Decide = (state: CampaignState, now: string) => AwardChanges;

/** Locks the tasks and wallets of a batch, shows what must be known, and commits what `decide` says: events, awards, counts and outbox as one. */
export const createAwardStore = (pool: Pool) => ({
  async applyInappEvents(events: readonly InappEvent[], decide: Decide): Promise<AwardChanges> {
    try {
      return await apply(pool, events, decide);
    } catch (error) {
      // The same event id with another wallet is another Kafka key, so two instances may hold it at once. By now the other has committed.
      if (!isUniqueViolation(error) && !isBeyondCap(error)) throw error;
      return apply(pool, events, decide);
    }
  },
});

/** A cap was set, lowered or used up between the lock on the capped tasks and the count. It is committed by now. */
function isBeyondCap(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === NOT_NULL_VIOLATION && error.column === 'awards_used';
}

function apply(pool: Pool, events: readonly InappEvent[], decide: Decide): Promise<AwardChanges> {
  return transact(pool, {
    load: (tx) => loadForAwards(tx, events),
    decide: ({ state, now }) => ({ changes: decide(state, now), now }),
    async save(tx, { changes, now }) {
      await Promise.all([
        saveEvents(tx, changes, now),
        flagConflicts(tx, changes),
        saveAwards(tx, changes.granted),
        lockTasks(tx, changes),
        countAwards(tx, changes),
        addPoints(tx, changes.granted),
        appendToOutbox(tx, changes.published.map((event) => toRecord(campaignEvent, event, cloudEventHeaders(event, SOURCE)))),
      ]);
      return changes;
    },
  });
}

async function saveEvents(tx: ClientBase, { processed }: AwardChanges, now: string): Promise<void> {
  if (processed.size === 0) return;
  const rows = [...processed.values()];
  const columns = [
    rows.map(({ event }) => event.workspace_id),
    rows.map(({ event }) => event.id),
    rows.map(({ event }) => event.campaign_id),
    rows.map(({ event }) => event.key_id),
    rows.map(({ event }) => event.environment),
    rows.map(({ event }) => event.event_id),
    rows.map(({ event }) => event.event_type),
    rows.map(({ event }) => event.wallet),
    rows.map(({ event }) => event.occurred_at),
    rows.map(({ event }) => event.received_at),
    rows.map(({ outcome }) => outcome.status),
    rows.map(({ outcome }) => outcome.reason),
    rows.map(({ conflict }) => conflict),
    rows.map(({ event }) => event.digest),
    rows.map(({ outcome }) => outcome.awards.map(({ id }) => id).join(',')),
  ];
  await tx.query({ ...SAVE_EVENTS, values: [...columns, now, joinJson(rows.map(({ event }) => event.body))] });
}

async function flagConflicts(tx: ClientBase, { conflicts }: AwardChanges): Promise<void> {
  if (conflicts.size === 0) return;
  const events = [...conflicts];
  await tx.query({ ...FLAG_CONFLICTS, values: [events.map(({ workspace_id }) => workspace_id), events.map(({ id }) => id)] });
}

async function saveAwards(tx: ClientBase, granted: readonly GrantedAward[]): Promise<void> {
  if (granted.length === 0) return;
  const columns = [
    granted.map(({ event }) => event.workspace_id),
    granted.map(({ award }) => award.id),
    granted.map(({ event }) => event.campaign_id),
    granted.map(({ award }) => award.task_id),
    granted.map(({ award }) => award.wallet),
    granted.map(({ award }) => award.environment),
    granted.map(({ period }) => period),
    granted.map(({ event }) => event.id),
    granted.map(({ award }) => award.event_id),
    granted.map(({ award }) => award.points),
    granted.map(({ award }) => award.occurred_at),
    granted.map(({ award }) => award.awarded_at),
  ];
  await tx.query({ ...SAVE_AWARDS, values: columns });
}

async function lockTasks(tx: ClientBase, changes: AwardChanges): Promise<void> {
  if (changes.reserved.size === 0) return;
  await tx.query({ ...LOCK_TASKS, values: taskColumns(changes) });
}

async function countAwards(tx: ClientBase, changes: AwardChanges): Promise<void> {
  if (changes.reserved.size === 0) return;
  await tx.query({ ...COUNT_AWARDS, values: [...taskColumns(changes), [...changes.reserved.values()]] });
}

function taskColumns({ granted, reserved }: AwardChanges) {
  const workspaces = new Map(granted.map(({ task, event }) => [task.id, event.workspace_id]));
  return [[...reserved.keys()].map((id) => workspaces.get(id)!), [...reserved.keys()]];
}

/** Live awards alone: test awards are on no leaderboard. */
async function addPoints(tx: ClientBase, granted: readonly GrantedAward[]): Promise<void> {
  const live = granted.filter(({ award }) => award.environment === 'live');
  if (live.length === 0) return;
  const wallets = [...Map.groupBy(live, ({ event }) => keyOfWallet(event)).values()];
  const columns = [
    wallets.map(([first]) => first!.event.campaign_id),
    wallets.map(([first]) => first!.event.wallet),
    wallets.map((awards) => awards.reduce((sum, { award }) => sum + award.points, 0)),
    wallets.map((awards) => awards.length),
  ];
  await tx.query({ ...ADD_POINTS, values: columns });
}

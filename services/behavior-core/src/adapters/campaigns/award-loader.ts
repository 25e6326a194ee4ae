import { toUtc, type InappEvent, type ProcessingReason, type ProcessingStatus } from '@waggle/contracts';
import type { ClientBase } from 'pg';
import type { Campaign, Task } from '../../domain/campaigns/campaign.ts';
import { awardKey, mappingKey, type CampaignState, type KnownEvent } from '../../domain/campaigns/decide-awards.ts';
import { isoWeek, utcDay } from '../../domain/campaigns/period.ts';
import { toAwardView, AWARD_COLUMNS, type AwardRow } from './award-row.ts';

// Only tasks whose cap is not used up yet are locked, before all else and in id order: whoever counts under the lock counts alone.
// One without a cap is counted at the end (award-store.ts), so that it does not make batches take turns.
const LOCK_CAPPED_TASKS = {
  name: 'campaign_tasks_lock_capped',
  text: `SELECT FROM campaign_tasks AS t WHERE t.awards_used < t.max_awards AND (t.workspace_id, t.id) IN (
      SELECT m.workspace_id, m.task_id FROM unnest($1::int[], $2::text[]) AS e(campaign_id, event_type)
      JOIN campaign_mappings m ON m.campaign_id = e.campaign_id AND m.event_type = e.event_type AND m.active)
    ORDER BY t.workspace_id, t.id FOR NO KEY UPDATE OF t`,
};
// A wallet's row is made with its first event; ORDER BY, so that two batches which make the same rows wait instead of deadlocking.
const MAKE_WALLETS = {
  name: 'campaign_wallets_make',
  text: `INSERT INTO campaign_wallets (campaign_id, wallet)
    SELECT DISTINCT e.campaign_id, e.wallet FROM unnest($1::text[], $2::int[], $3::text[]) AS e(workspace_id, campaign_id, wallet)
    JOIN campaigns c ON c.workspace_id = e.workspace_id AND c.id = e.campaign_id
    ORDER BY e.campaign_id, e.wallet ON CONFLICT DO NOTHING`,
};
// Orders all changes of a wallet, and with them its records in the outbox.
const LOCK_WALLETS = {
  name: 'campaign_wallets_lock',
  text: `SELECT FROM campaign_wallets WHERE (campaign_id, wallet) IN (SELECT * FROM unnest($1::int[], $2::text[]))
    ORDER BY campaign_id, wallet FOR NO KEY UPDATE`,
};
const NOW = { name: 'now', text: 'SELECT clock_timestamp() AS now' };

const LOAD_CAMPAIGNS = {
  name: 'campaigns_load',
  text: 'SELECT id, workspace_id AS "workspaceId", status, starts_at AS "startsAt", ends_at AS "endsAt" FROM campaigns WHERE id = ANY($1::int[])',
};
const LOAD_TASKS = {
  name: 'campaign_tasks_load',
  text: `SELECT m.campaign_id, m.event_type, t.id, t.name, t.points, t.recurrence, t.max_awards - t.awards_used AS room,
      t.starts_at AS "startsAt", t.ends_at AS "endsAt"
    FROM unnest($1::int[], $2::text[]) AS e(campaign_id, event_type)
    JOIN campaign_mappings m ON m.campaign_id = e.campaign_id AND m.event_type = e.event_type AND m.active
    JOIN campaign_tasks t ON t.workspace_id = m.workspace_id AND t.id = m.task_id`,
};
const LOAD_EVENTS = {
  name: 'inapp_events_load',
  text: `SELECT e.id AS inapp_event_id, e.digest, e.wallet AS inapp_event_wallet, e.processing_status, e.reason, ${AWARD_COLUMNS}
    FROM inapp_events e LEFT JOIN awards a ON a.workspace_id = e.workspace_id AND a.id = ANY(e.award_ids)
    WHERE (e.workspace_id, e.id) IN (SELECT * FROM unnest($1::text[], $2::text[]))
    ORDER BY e.id, array_position(e.award_ids, a.id)`,
};
// Every period that an event can fall into but its own (`unlimited`: awarded before means processed before). Which of them counts is the
// domain's rule; asking for all needs no second round trip.
const LOAD_AWARDED = {
  name: 'awards_load_periods',
  text: `SELECT a.task_id, a.wallet, a.environment, a.period
    FROM unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[]) AS e(campaign_id, event_type, wallet, environment, day, week)
    JOIN campaign_mappings m ON m.campaign_id = e.campaign_id AND m.event_type = e.event_type AND m.active
    JOIN awards a ON a.workspace_id = m.workspace_id AND a.task_id = m.task_id AND a.wallet = e.wallet AND a.environment = e.environment
      AND a.period IN ('once', e.day, e.week) AND a.revokes IS NULL`,
};

type TaskRow = Task & { campaign_id: number; event_type: string };
type AwardedRow = Pick<InappEvent, 'wallet' | 'environment'> & { task_id: string; period: string };
type EventRow = { inapp_event_id: string; digest: string; inapp_event_wallet: string; processing_status: ProcessingStatus; reason: ProcessingReason | null } & (
  | AwardRow
  | { id: null }
);

/** Locks tasks and wallets of a batch, and shows what must be known to decide it. `now`: the database's clock, once the locks were held. */
export async function loadForAwards(tx: ClientBase, events: readonly InappEvent[]): Promise<{ state: CampaignState; now: string }> {
  // Test events use no cap.
  const live = events.filter(({ environment }) => environment === 'live');
  const [, , , [clock], campaigns, tasks, known, awarded] = await Promise.all([
    send(tx, LOCK_CAPPED_TASKS, mappingColumns(live)),
    send(tx, MAKE_WALLETS, [events.map(({ workspace_id }) => workspace_id), ...walletColumns(events)]),
    send(tx, LOCK_WALLETS, walletColumns(events)),
    send<{ now: Date }>(tx, NOW, []),
    send<Campaign>(tx, LOAD_CAMPAIGNS, [[...new Set(events.map(({ campaign_id }) => campaign_id))]]),
    send<TaskRow>(tx, LOAD_TASKS, mappingColumns(events)),
    send<EventRow>(tx, LOAD_EVENTS, [events.map(({ workspace_id }) => workspace_id), events.map(({ id }) => id)]),
    send<AwardedRow>(tx, LOAD_AWARDED, periodColumns(events)),
  ]);
  const state = {
    campaigns: new Map(campaigns.map((campaign) => [campaign.id, campaign])),
    tasks: Map.groupBy(tasks, mappingKey),
    events: toKnownEvents(known),
    awarded: new Set(awarded.map((award) => awardKey(award.task_id, award, award.period))),
  };
  return { state, now: toUtc(clock!.now) };
}

/** All statements the same way: so the first to reject is the first that failed, not one that failed because of it. */
async function send<Row extends object>(tx: ClientBase, statement: { name: string; text: string }, values: unknown[]): Promise<Row[]> {
  return (await tx.query<Row>({ ...statement, values })).rows;
}

function periodColumns(events: readonly InappEvent[]) {
  const days = events.map(utcDay);
  // A batch is of a few days; working out the week of each event showed in what an event cost.
  const weeks = new Map([...new Set(days)].map((day) => [day, isoWeek({ occurred_at: day })]));
  return [
    events.map(({ campaign_id }) => campaign_id),
    events.map(({ event_type }) => event_type),
    events.map(({ wallet }) => wallet),
    events.map(({ environment }) => environment),
    days,
    days.map((day) => weeks.get(day)!),
  ];
}

/** A few pairs stand for thousands of events. */
function mappingColumns(events: readonly InappEvent[]) {
  const distinct = [...new Map(events.map((event) => [mappingKey(event), event])).values()];
  return [distinct.map(({ campaign_id }) => campaign_id), distinct.map(({ event_type }) => event_type)];
}

function walletColumns(events: readonly InappEvent[]) {
  return [events.map(({ campaign_id }) => campaign_id), events.map(({ wallet }) => wallet)];
}

/** One row per award of an event, or one without an award. */
function toKnownEvents(rows: readonly EventRow[]): Map<string, KnownEvent> {
  const known = new Map<string, KnownEvent>();
  for (const row of rows) {
    const { inapp_event_id: id, digest, inapp_event_wallet: wallet, processing_status: status, reason } = row;
    const event = known.get(id) ?? { digest, wallet, outcome: { status, reason, awards: [] } };
    if (row.id !== null) event.outcome.awards.push(toAwardView(row));
    known.set(id, event);
  }
  return known;
}

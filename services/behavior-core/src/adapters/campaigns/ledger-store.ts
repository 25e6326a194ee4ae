import type { Environment, ProcessingReason, ProcessingStatus } from '@waggle/contracts';
import { query } from '@waggle/database';
import type { Pool } from 'pg';
import { AWARD_COLUMNS, type AwardRow } from './award-row.ts';
import type { CampaignRef } from './campaign-store.ts';

export interface EventRow {
  id: string;
  event_id: string;
  event_type: string;
  environment: Environment;
  key_id: string;
  wallet: string;
  occurred_at: Date;
  received_at: Date;
  processed_at: Date;
  processing_status: ProcessingStatus;
  reason: ProcessingReason | null;
  conflict: boolean;
  award_ids: string[];
  body: string;
}

export interface LedgerRow extends AwardRow {
  reason: string | null;
}

export interface LeaderboardRow {
  wallet: string;
  points: string;
  awards: number;
}

export interface EventFilters {
  status?: ProcessingStatus | undefined;
  event_type?: string | undefined;
  wallet?: string | undefined;
  environment?: Environment | undefined;
  event_id?: string | undefined;
}

export interface AwardFilters {
  wallet?: string | undefined;
  task_id?: string | undefined;
  environment: Environment;
}

/** Newest first: `after` is the last row's time and id. */
export interface Older {
  after: readonly [time: string, id: string] | null;
  limit: number;
}

const EVENT_COLUMNS = `e.id, e.event_id, e.event_type, e.environment, e.key_id, e.wallet, e.occurred_at, e.received_at, e.processed_at,
  e.processing_status, e.reason, e.conflict, e.award_ids, e.body`;
const FIND_EVENT = {
  name: 'inapp_event_find',
  text: `SELECT ${EVENT_COLUMNS} FROM inapp_events e WHERE e.workspace_id = $1 AND e.campaign_id = $2 AND e.id = $3`,
};
const FIND_AWARDS = { name: 'awards_find', text: `SELECT ${AWARD_COLUMNS} FROM awards a WHERE a.workspace_id = $1 AND a.id = ANY($2::text[])` };
const LEADERBOARD = {
  name: 'campaign_leaderboard',
  text: `SELECT wallet, points, awards FROM campaign_wallets WHERE campaign_id = $1 AND awards > 0
      AND ($2::bigint IS NULL OR points < $2 OR (points = $2 AND wallet > $3))
    ORDER BY points DESC, wallet LIMIT $4`,
};

type Conditions<Filters> = readonly (readonly [filter: keyof Filters & string, condition: (parameter: string) => string])[];

const EVENT_CONDITIONS: Conditions<EventFilters> = [
  ['status', (parameter) => `e.processing_status = ${parameter}`],
  ['event_type', (parameter) => `e.event_type = ${parameter}`],
  ['wallet', (parameter) => `e.wallet = ${parameter}`],
  ['environment', (parameter) => `e.environment = ${parameter}`],
  // By the campaign's few keys, so that the unique index finds it: an event id belongs to its key.
  ['event_id', (parameter) => `e.event_id = ${parameter} AND e.environment IN ('live', 'test') AND e.key_id IN (SELECT id FROM inapp_keys WHERE campaign_id = $1)`],
];
const AWARD_CONDITIONS: Conditions<AwardFilters> = [
  ['wallet', (parameter) => `a.wallet = ${parameter}`],
  ['task_id', (parameter) => `a.task_id = ${parameter}`],
  ['environment', (parameter) => `a.environment = ${parameter}`],
];

/** What a campaign's operator sees of events, awards and points. Callers have checked that the campaign is the workspace's. */
export const createLedgerStore = (pool: Pool) => ({
  listEvents({ workspaceId, id }: CampaignRef, filters: EventFilters, { after, limit }: Older): Promise<EventRow[]> {
    const { conditions, values, name } = where(filters, EVENT_CONDITIONS, [id, after?.[0] ?? null, after?.[1] ?? null, limit, workspaceId]);
    // The workspace too: an event of another's key is kept as rejected, under the campaign that it named.
    const text = `SELECT ${EVENT_COLUMNS} FROM inapp_events e WHERE ${['e.campaign_id = $1', 'e.workspace_id = $5', ...conditions].join(' AND ')}
      AND ($2::timestamptz IS NULL OR (e.received_at, e.id) < ($2, $3::text)) ORDER BY e.received_at DESC, e.id DESC LIMIT $4`;
    return query<EventRow>(pool, { name: `inapp_events_list_${name}`, text }, values);
  },
  async findEvent({ workspaceId, campaignId, id }: { workspaceId: string; campaignId: number; id: string }): Promise<EventRow | null> {
    return (await query<EventRow>(pool, FIND_EVENT, [workspaceId, campaignId, id]))[0] ?? null;
  },
  async awardsOf(workspaceId: string, events: readonly EventRow[]): Promise<Map<string, AwardRow>> {
    const ids = events.flatMap(({ award_ids }) => award_ids);
    const rows = ids.length === 0 ? [] : await query<AwardRow>(pool, FIND_AWARDS, [workspaceId, ids]);
    return new Map(rows.map((row) => [row.id, row]));
  },
  listAwards(campaignId: number, filters: AwardFilters, { after, limit }: Older): Promise<LedgerRow[]> {
    const { conditions, values, name } = where(filters, AWARD_CONDITIONS, [campaignId, after?.[0] ?? null, after?.[1] ?? null, limit]);
    const text = `SELECT ${AWARD_COLUMNS}, a.reason FROM awards a WHERE ${['a.campaign_id = $1', ...conditions].join(' AND ')}
      AND ($2::timestamptz IS NULL OR (a.awarded_at, a.id) < ($2, $3::text)) ORDER BY a.awarded_at DESC, a.id DESC LIMIT $4`;
    return query<LedgerRow>(pool, { name: `awards_list_${name}`, text }, values);
  },
  leaderboard(campaignId: number, after: { points: string; wallet: string } | null, limit: number): Promise<LeaderboardRow[]> {
    return query<LeaderboardRow>(pool, LEADERBOARD, [campaignId, after?.points ?? null, after?.wallet ?? null, limit]);
  },
});
export type LedgerStore = ReturnType<typeof createLedgerStore>;

/** One statement text per set of filters: each is planned for the index that it can use. */
function where<Filters extends object>(filters: Filters, conditions: Conditions<Filters>, leading: readonly unknown[]) {
  const given = conditions.filter(([filter]) => filters[filter] !== undefined);
  return {
    name: given.map(([filter]) => filter).join('_') || 'all',
    conditions: given.map(([, condition], index) => condition(`$${leading.length + index + 1}`)),
    values: [...leading, ...given.map(([filter]) => filters[filter])],
  };
}

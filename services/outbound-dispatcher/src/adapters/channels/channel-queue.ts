import { channelStateChange, toUtc, type BehaviorEvent, type ChannelRef } from '@waggle/contracts';
import { query, transact } from '@waggle/database';
import { toRecord } from '@waggle/kafka';
import { appendToOutbox } from '@waggle/outbox';
import type { ClientBase, Pool } from 'pg';
import { columnsOf } from '../columns-of.ts';
import type { ClaimLimits } from '../delivery-queue.ts';

/** A message that is to be kept. */
export interface NewMessage {
  workspaceId: string;
  id: string;
  userId: string;
  channel: string;
  text: string;
  event: BehaviorEvent;
  sequence: number | null;
}

/** A user's channel that is leased to this instance, as it was when it was leased. */
export interface LeasedQueue {
  workspaceId: string;
  userId: string;
  channel: string;
  additions: string;
  /** Of the connection that was told last. */
  isFailing: boolean;
}

/** The first pending message of a queue. */
export interface Head {
  workspaceId: string;
  userId: string;
  channel: string;
  id: string;
  text: string;
  event: string;
  attempts: number;
}

/** What became of a head. */
export interface MessageResult {
  /** With the attempts that were made before this one. */
  head: Pick<Head, 'workspaceId' | 'userId' | 'channel' | 'id' | 'attempts'>;
  status: 'delivered' | 'failed' | 'pending';
  error: string | null;
  /** A request was made. */
  isAttempt: boolean;
  delayMs: number | null;
  /** Null: the channel is not connected any more. */
  connectionId: string | null;
  host: string;
  /** The service said that it will have nothing from this connection, which is failing from now on. */
  isRefused: boolean;
}

const CLAIM_MAX = 500;

const INSERT = {
  name: 'channel_messages_insert',
  text: `INSERT INTO channel_messages (workspace_id, id, user_id, channel, kind, event_id, text, event, status, sequence, delivered_at)
    SELECT m.workspace_id, m.id, m.user_id, m.channel, m.kind, m.event_id, m.text, CASE WHEN m.status = 'pending' THEN m.event END, m.status, m.sequence,
      CASE WHEN m.status = 'delivered' THEN clock_timestamp() END
    FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::bigint[])
      WITH ORDINALITY AS m(workspace_id, id, user_id, channel, kind, event_id, text, event, status, sequence, index)
    ORDER BY m.index ON CONFLICT DO NOTHING`,
};

// In ascending order, as everybody does who touches more than one. What is leased stays leased, and finds out by the count that more came.
const ADD_TO_QUEUES = {
  name: 'channel_queues_add',
  text: `INSERT INTO channel_queues AS q (workspace_id, user_id, channel, claimable_at)
    SELECT DISTINCT workspace_id, user_id, channel, now() FROM unnest($1::text[], $2::text[], $3::text[]) AS a(workspace_id, user_id, channel) ORDER BY 1, 2, 3
    ON CONFLICT (workspace_id, user_id, channel) DO UPDATE
      SET additions = q.additions + 1, claimable_at = CASE WHEN q.claimable_at = 'infinity' THEN excluded.claimable_at ELSE q.claimable_at END`,
};

// Steps from host to host through the index, then takes a few of each: a service with a long queue cannot hide the others.
const CLAIM = {
  name: 'channel_queues_claim',
  text: `WITH RECURSIVE hosts AS (
      (SELECT host FROM channel_queues WHERE claimable_at < 'infinity' ORDER BY host LIMIT 1)
      UNION ALL
      SELECT (SELECT q.host FROM channel_queues q WHERE q.claimable_at < 'infinity' AND q.host > hosts.host ORDER BY q.host LIMIT 1) FROM hosts WHERE hosts.host IS NOT NULL
    ), turns AS (
      SELECT hosts.host, coalesce(held.room, $5::int) AS room FROM hosts LEFT JOIN unnest($3::text[], $4::int[]) AS held(host, room) USING (host)
      WHERE hosts.host IS NOT NULL ORDER BY random()
    ), due AS (
      SELECT few.* FROM (SELECT candidate.* FROM turns CROSS JOIN LATERAL (
        SELECT q.workspace_id, q.user_id, q.channel FROM channel_queues q
        WHERE q.host = turns.host AND q.claimable_at < 'infinity' AND q.claimable_at <= now() ORDER BY q.claimable_at LIMIT turns.room FOR UPDATE SKIP LOCKED
      ) candidate LIMIT ${CLAIM_MAX}) AS few LIMIT $6::int
    )
    UPDATE channel_queues q SET lease_owner = $1, claimable_at = now() + $2::int * interval '1 ms' FROM due
    WHERE q.workspace_id = due.workspace_id AND q.user_id = due.user_id AND q.channel = due.channel
    RETURNING q.workspace_id AS "workspaceId", q.user_id AS "userId", q.channel, q.additions, q.failing_since IS NOT NULL AS "isFailing"`,
};

// A statement of its own, behind the claim: it sees whatever was added up to the count that the claim has read.
const FIND_HEADS = {
  name: 'channel_messages_find_heads',
  text: `SELECT q.workspace_id AS "workspaceId", q.user_id AS "userId", q.channel, head.id, head.text, head.event, head.attempts
    FROM unnest($1::text[], $2::text[], $3::text[]) AS q(workspace_id, user_id, channel) CROSS JOIN LATERAL (
      SELECT * FROM channel_messages m WHERE m.workspace_id = q.workspace_id AND m.user_id = q.user_id AND m.channel = q.channel AND m.status = 'pending'
      ORDER BY m.position LIMIT 1) AS head`,
};

const REST = {
  name: 'channel_queues_rest',
  text: `UPDATE channel_queues q SET lease_owner = NULL, claimable_at = CASE WHEN q.additions = r.additions THEN 'infinity' ELSE now() END
    FROM unnest($2::text[], $3::text[], $4::text[], $5::bigint[]) AS r(workspace_id, user_id, channel, additions)
    WHERE q.workspace_id = r.workspace_id AND q.user_id = r.user_id AND q.channel = r.channel AND q.lease_owner = $1`,
};
const PUT_OFF = {
  name: 'channel_queues_put_off',
  text: `UPDATE channel_queues q SET lease_owner = NULL, claimable_at = now() + $5::int * interval '1 ms'
    FROM unnest($2::text[], $3::text[], $4::text[]) AS r(workspace_id, user_id, channel)
    WHERE q.workspace_id = r.workspace_id AND q.user_id = r.user_id AND q.channel = r.channel AND q.lease_owner = $1`,
};
const HURRY = {
  name: 'channel_queues_hurry',
  text: `UPDATE channel_queues SET claimable_at = now()
    WHERE workspace_id = $1 AND user_id = $2 AND channel = $3 AND lease_owner IS NULL AND claimable_at < 'infinity' AND claimable_at > now()`,
};
const RELEASE = {
  name: 'channel_queues_release',
  text: `UPDATE channel_queues q SET lease_owner = NULL, claimable_at = now() WHERE q.lease_owner = $1 AND NOT EXISTS (
      SELECT FROM channel_messages m WHERE m.workspace_id = q.workspace_id AND m.id = ANY($2::text[]) AND m.user_id = q.user_id AND m.channel = q.channel)`,
};

// Only while the lease is still ours and nobody has recorded this attempt: a result that comes too late, or once more because the answer to it
// was lost, changes nothing, for by then we may hold the queue for another message. The message is locked, so that it is seen as whoever is
// recording it leaves it; messages before queues, as everybody does. What was said of another connection is forgotten.
const RECORD = {
  name: 'channel_results_record',
  text: `WITH results AS (
      SELECT * FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::boolean[], $9::int[], $10::text[], $11::text[], $12::boolean[], $13::int[])
        AS r(workspace_id, user_id, channel, id, status, error, is_attempt, delay_ms, connection_id, host, is_refused, attempts)
    ), unrecorded AS (
      SELECT r.* FROM results r JOIN channel_messages m ON m.workspace_id = r.workspace_id AND m.id = r.id AND m.status = 'pending' AND m.attempts = r.attempts FOR UPDATE OF m
    ), queues AS (
      UPDATE channel_queues q SET lease_owner = NULL, claimable_at = now() + coalesce(r.delay_ms, 0) * interval '1 ms', host = r.host, connection_id = r.connection_id,
        failing_since = CASE WHEN r.connection_id IS NULL OR r.status = 'delivered' THEN NULL
          WHEN r.status = 'failed' OR r.is_refused THEN coalesce(CASE WHEN old.connection_id = r.connection_id THEN old.failing_since END, now())
          WHEN old.connection_id = r.connection_id THEN old.failing_since END,
        last_error = CASE WHEN r.status <> 'delivered' THEN r.error END,
        last_delivered_at = CASE WHEN r.status = 'delivered' THEN now() ELSE old.last_delivered_at END
      FROM unrecorded r JOIN channel_queues old ON old.workspace_id = r.workspace_id AND old.user_id = r.user_id AND old.channel = r.channel
      WHERE q.workspace_id = r.workspace_id AND q.user_id = r.user_id AND q.channel = r.channel AND q.lease_owner = $1
      RETURNING q.workspace_id, q.user_id, q.channel, q.connection_id, r.id, r.status, r.error, r.is_attempt, q.failing_since IS NOT NULL AS is_failing,
        coalesce(old.failing_since IS NOT NULL AND old.connection_id = r.connection_id, false) AS was_failing
    ), told AS (
      UPDATE channel_messages m SET status = queues.status, attempts = m.attempts + queues.is_attempt::int, error = queues.error,
        event = CASE WHEN queues.status = 'pending' THEN m.event END, delivered_at = CASE WHEN queues.status = 'delivered' THEN now() END
      FROM queues WHERE m.workspace_id = queues.workspace_id AND m.id = queues.id
    )
    SELECT workspace_id, user_id, channel, connection_id, is_failing, now() AS at FROM queues WHERE is_failing <> was_failing AND connection_id IS NOT NULL`,
};

interface ChangedState {
  workspace_id: string;
  user_id: string;
  channel: string;
  connection_id: string;
  is_failing: boolean;
  at: Date;
}

type QueueRef = Pick<LeasedQueue, 'workspaceId' | 'userId' | 'channel'>;
const refCells = ({ workspaceId, userId, channel }: QueueRef) => [workspaceId, userId, channel];

/** Keeps what came, once. What is `delivered` stands in a feed, and nobody is called. Sends at once. */
export async function insertMessages(tx: ClientBase, messages: readonly NewMessage[], status: 'pending' | 'delivered'): Promise<void> {
  if (messages.length === 0) return;
  const columns = columnsOf(messages, ({ workspaceId, id, userId, channel, text, event, sequence }) =>
    [workspaceId, id, userId, channel, 'reminder' in event ? 'reminder' : 'activity', event.id, text, status === 'pending' ? JSON.stringify(event) : null, status, sequence]);
  await Promise.all([
    tx.query({ ...INSERT, values: columns }),
    status === 'pending' ? tx.query({ ...ADD_TO_QUEUES, values: columnsOf(messages, refCells) }) : undefined,
  ]);
}

/** The channels of users as queues with leases. `owner` names this process, not its place: a successor is somebody else. */
export const createChannelQueue = (pool: Pool, { owner, leaseMs }: { owner: string; leaseMs: number }) => ({
  claim: ({ rooms, roomOfOthers, roomInAll }: ClaimLimits): Promise<LeasedQueue[]> =>
    query<LeasedQueue>(pool, CLAIM, [owner, leaseMs, [...rooms.keys()], [...rooms.values()], roomOfOthers, roomInAll]),

  findHeads: async (queues: readonly QueueRef[]): Promise<Head[]> => (queues.length === 0 ? [] : query<Head>(pool, FIND_HEADS, columnsOf(queues, refCells))),

  /** There is nothing in them, unless something came since they were leased. */
  async rest(queues: readonly LeasedQueue[]): Promise<void> {
    if (queues.length > 0) await query(pool, REST, [owner, ...columnsOf(queues, (queue) => [...refCells(queue), queue.additions])]);
  },
  async putOff(queues: readonly QueueRef[], delayMs: number): Promise<void> {
    if (queues.length > 0) await query(pool, PUT_OFF, [owner, ...columnsOf(queues, refCells), delayMs]);
  },
  /** What waits for its next attempt need wait no longer. */
  hurry: async ({ workspace_id, user_id, channel }: ChannelRef): Promise<void> => void (await query(pool, HURRY, [workspace_id, user_id, channel])),

  /** Hands back what is leased to this process, but for the queues of messages in flight. */
  release: async ({ except }: { except: readonly string[] }): Promise<void> => void (await query(pool, RELEASE, [owner, except])),

  /** The core hears, by the outbox, which connections begin or cease to fail. Returns the outbox's keys with something new. */
  async record(results: readonly MessageResult[]): Promise<string[]> {
    const values = [owner, ...columnsOf(results, ({ head, status, error, isAttempt, delayMs, connectionId, host, isRefused }) =>
      [...refCells(head), head.id, status, error, isAttempt, delayMs, connectionId, host, isRefused, head.attempts])];
    return transact(pool, {
      load: async (tx) => (await tx.query<ChangedState>({ ...RECORD, values })).rows,
      decide: (changed) => changed.map(({ at, ...rest }) => toRecord(channelStateChange, { ...rest, at: toUtc(at) })),
      async save(tx, records) {
        await appendToOutbox(tx, records);
        return records.map(({ key }) => key);
      },
    });
  },
});
export type ChannelQueue = ReturnType<typeof createChannelQueue>;

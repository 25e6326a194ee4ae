import { performance } from 'node:perf_hooks';
import type { Pool } from 'pg';

/** A relay that is killed is replaced after this long. */
const LEASE_MS = 6_000;
/** Less than a lease, by more than a publication may take: past it the holder no longer begins one. */
const USE_MS = 3_000;

const ANNOUNCE = {
  name: 'outbox_announce',
  text: 'INSERT INTO outbox_relays (id, seen_at) VALUES ($1, clock_timestamp()) ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at',
};
const FORGET_GONE = { name: 'outbox_forget_gone', text: "DELETE FROM outbox_relays WHERE seen_at < clock_timestamp() - $1 * interval '1 millisecond'" };

// One statement: keeps what is mine up to a fair share, takes what nobody holds up to it, lets go of the rest.
// SKIP LOCKED: two relays that come at once take different shards instead of waiting for each other.
const BALANCE = {
  name: 'outbox_balance',
  text: `WITH share AS (SELECT ceil((SELECT count(*) FROM outbox_leases)::numeric / greatest((SELECT count(*) FROM outbox_relays), 1)) AS size),
    wanted AS (
      SELECT shard FROM outbox_leases WHERE holder = $1 OR expires_at < clock_timestamp()
      ORDER BY (holder = $1) DESC NULLS LAST, shard LIMIT (SELECT size FROM share) FOR UPDATE SKIP LOCKED
    ),
    released AS (
      UPDATE outbox_leases SET holder = NULL, expires_at = '-infinity' WHERE holder = $1 AND shard NOT IN (SELECT shard FROM wanted)
    )
    UPDATE outbox_leases AS l SET holder = $1, expires_at = clock_timestamp() + $2 * interval '1 millisecond' FROM wanted
    WHERE l.shard = wanted.shard RETURNING l.shard`,
};
const RELEASE = { name: 'outbox_release', text: "UPDATE outbox_leases SET holder = NULL, expires_at = '-infinity' WHERE holder = $1" };
const LEAVE = { name: 'outbox_leave', text: 'DELETE FROM outbox_relays WHERE id = $1' };

/** Which shards this relay may publish. All times are the database's, but for how long an answer may be relied on. */
export function createLeases(pool: Pool, relayId: string) {
  let held: number[] = [];
  let usableUntil = 0;

  return {
    /** To be called every second. */
    async renew(): Promise<void> {
      const askedAt = performance.now();
      await pool.query({ ...ANNOUNCE, values: [relayId] });
      await pool.query({ ...FORGET_GONE, values: [LEASE_MS] });
      const { rows } = await pool.query<{ shard: number }>({ ...BALANCE, values: [relayId, LEASE_MS] });
      held = rows.map(({ shard }) => shard);
      usableUntil = askedAt + USE_MS;
    },
    /** Empty when the database has not been heard for too long: somebody else may have them by now. */
    usable: (): readonly number[] => (performance.now() < usableUntil ? held : []),
    async release(): Promise<void> {
      held = [];
      await pool.query({ ...RELEASE, values: [relayId] });
      await pool.query({ ...LEAVE, values: [relayId] });
    },
  };
}

import { hash } from 'node:crypto';
import { joinJson } from '@waggle/database';
import type { KafkaRecord } from '@waggle/kafka';
import type { ClientBase, Pool } from 'pg';

/** As many as rows in `outbox_leases`; a migration that changes one changes the other. */
export const SHARDS = 12;

/** Records of one key share a shard, and a shard is published by one relay at a time, in the order of commits. */
export function shardOf(key: string): number {
  return hash('md5', key, 'buffer').readUInt32BE(0) % SHARDS;
}

export interface CommittedRecord extends KafkaRecord {
  shard: number;
  position: string;
}

// ORDER BY comes before the identity is drawn, so positions follow the order of the batch. JSON texts come in one piece: as elements of an
// array every quote of theirs would be escaped, which cost as much as all else of a batch.
const APPEND = {
  name: 'outbox_append',
  text: `INSERT INTO outbox (shard, topic, key, value, headers)
    SELECT shard, topic, key, value, headers
    FROM unnest($1::int[], $2::text[], $3::text[], string_to_array($4, E'\\x1f'), string_to_array($5, E'\\x1f')::jsonb[])
      WITH ORDINALITY AS r(shard, topic, key, value, headers, index)
    ORDER BY index`,
};

// Per shard by its primary key: another shard's backlog is never read through.
export const READ = {
  name: 'outbox_read',
  text: `SELECT o.shard, o.position, o.topic, o.key, o.value, o.headers FROM unnest($1::int[]) AS mine(shard)
    CROSS JOIN LATERAL (SELECT * FROM outbox WHERE outbox.shard = mine.shard ORDER BY position LIMIT 500) AS o`,
};

const REMOVE = {
  name: 'outbox_remove',
  text: 'DELETE FROM outbox AS o USING unnest($1::int[], $2::bigint[]) AS p(shard, position) WHERE (o.shard, o.position) = (p.shard, p.position)',
};

/**
 * In the transaction of the effects, behind the lock on what the key names: so the positions of one key are drawn in the order in which
 * its transactions commit. Sends at once.
 */
export async function appendToOutbox(tx: ClientBase, records: readonly KafkaRecord[]): Promise<void> {
  if (records.length === 0) return;
  const columns = [
    records.map(({ key }) => shardOf(key)),
    records.map(({ topic }) => topic),
    records.map(({ key }) => key),
    joinJson(records.map(({ value }) => value)),
    joinJson(records.map(({ headers }) => JSON.stringify(headers))),
  ];
  await tx.query({ ...APPEND, values: columns });
}

/** Removes what is published and reads what is next, oldest first per shard, in one round trip. */
export async function advanceOutbox(pool: Pool, shards: readonly number[], published: readonly CommittedRecord[]): Promise<CommittedRecord[]> {
  const client = await pool.connect();
  let isWell = false;
  try {
    const [, { rows }] = await Promise.all([remove(client, published), client.query<CommittedRecord>({ ...READ, values: [shards] })]);
    isWell = true;
    return rows;
  } finally {
    client.release(!isWell);
  }
}

async function remove(client: ClientBase, records: readonly CommittedRecord[]): Promise<void> {
  if (records.length === 0) return;
  await client.query({ ...REMOVE, values: [records.map(({ shard }) => shard), records.map(({ position }) => position)] });
}

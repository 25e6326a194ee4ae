import { hash } from 'node:crypto';
import { BEGIN_PLANNED, joinJson } from '@waggle/database';
import type { KafkaRecord } from '@waggle/kafka';
import type { ClientBase, Pool } from 'pg';

/** As many as rows in `outbox_leases`; a migration that changes one changes the other. */
export const SHARDS = 12;

/** Records of one key share a shard, and a shard is published by one relay at a time, in the order of commits. */
export function shardOf(key: string): number {
  return hash('md5', key, 'buffer').readUInt32BE(0) % SHARDS;
}

/** By key. Many records are of the same few. */
export const shardsOf = (keys: readonly string[]): Map<string, number> => new Map([...new Set(keys)].map((key) => [key, shardOf(key)]));

/** What one transaction has for one shard: all of it, or what fits into a row. */
export interface CommittedRow {
  shard: number;
  position: string;
  records: KafkaRecord[];
}

/** A row stays within PostgreSQL's page of 8 KiB, as plain text: longer ones are compressed and laid out of line, which costs more than rows. */
const ROW_BYTES_MAX = 8_000;
/** With `READ`'s limit and all shards fewer than a producer takes at once. */
const ROW_RECORDS_MAX = 12;

// ORDER BY comes before the identity is drawn, so positions follow the order of the batch. Texts come in one piece: as elements of an
// array every quote of theirs would be escaped, which cost as much as all else of a batch.
const APPEND = {
  name: 'outbox_append',
  text: `INSERT INTO outbox (shard, records)
    SELECT shard, records FROM unnest($1::int[], string_to_array($2, E'\\x1f')) WITH ORDINALITY AS r(shard, records, index) ORDER BY index`,
};

const READ_ROWS_MAX = 100;
const READ_BYTES_MAX = 1_000_000;
/** UTF-8 takes so many for one of JavaScript's units of text. */
const BYTES_PER_CHARACTER_MAX = 3;

// Per shard by its primary key: another shard's backlog is never read through. A megabyte of each, and a first row in any case, since all of
// it is in memory at once. The release before wrote a row for each record, in columns of its own.
export const READ = {
  name: 'outbox_read',
  text: `SELECT o.shard, o.position,
      coalesce(o.records, json_build_array(json_build_object('topic', o.topic, 'key', o.key, 'value', o.value, 'headers', o.headers))::text) AS records
    FROM unnest($1::int[]) AS mine(shard)
    CROSS JOIN LATERAL (
      SELECT *, sum(octet_length(records)) OVER (ORDER BY position ROWS UNBOUNDED PRECEDING) - octet_length(records) AS bytes_before
      FROM (SELECT * FROM outbox WHERE outbox.shard = mine.shard ORDER BY position LIMIT ${READ_ROWS_MAX}) AS oldest
    ) AS o
    WHERE o.bytes_before IS NULL OR o.bytes_before < ${READ_BYTES_MAX}`,
};

const REMOVE = {
  name: 'outbox_remove',
  text: 'DELETE FROM outbox AS o USING unnest($1::int[], $2::bigint[]) AS p(shard, position) WHERE (o.shard, o.position) = (p.shard, p.position)',
};

// Planning both statements anew took three times as long as running them. And nobody waits for the disk: a server that loses a removal has the
// rows again, and repeating them is harmless, while a request's own commit would wait behind it.
const BEGIN_LAZY = `${BEGIN_PLANNED}; SET LOCAL synchronous_commit TO off`;

/**
 * In the transaction of the effects, behind the lock on what the keys name: so the positions of one key are drawn in the order in which
 * its transactions commit. Sends at once. Of a batch, those of one shard share rows: a row each was a quarter of PostgreSQL's work.
 */
export async function appendToOutbox(tx: ClientBase, records: readonly KafkaRecord[]): Promise<void> {
  if (records.length === 0) return;
  const shards = shardsOf(records.map(({ key }) => key));
  const rows = [...Map.groupBy(records, ({ key }) => shards.get(key)!)].flatMap(([shard, ofShard]) => toTexts(ofShard).map((text) => ({ shard, text })));
  await tx.query({ ...APPEND, values: [rows.map(({ shard }) => shard), joinJson(rows.map(({ text }) => text))] });
}

/** A JSON array per row. */
function toTexts(records: readonly KafkaRecord[]): string[] {
  let [row, size]: [string[], number] = [[], 1];
  const rows = [row];
  for (const { topic, key, value, headers } of records) {
    const text = JSON.stringify({ topic, key, value, headers });
    const bytes = Buffer.byteLength(text) + 1;
    if (row.length > 0 && (row.length === ROW_RECORDS_MAX || size + bytes > ROW_BYTES_MAX)) {
      [row, size] = [[], 1];
      rows.push(row);
    }
    row.push(text);
    size += bytes;
  }
  return rows.map((texts) => `[${texts.join(',')}]`);
}

interface StoredRow {
  shard: number;
  position: string;
  records: string;
}

/** Removes what is published and reads what is next, oldest first per shard, in one round trip. `isAll`: nothing was left that could have been read. */
export async function advanceOutbox(pool: Pool, shards: readonly number[], published: readonly CommittedRow[]): Promise<{ rows: CommittedRow[]; isAll: boolean }> {
  const client = await pool.connect();
  let isWell = false;
  try {
    const sent = [client.query(BEGIN_LAZY), remove(client, published), client.query<StoredRow>({ ...READ, values: [shards] }), client.query('COMMIT')] as const;
    const [, , { rows }] = await Promise.all(sent);
    isWell = true;
    return { rows: rows.map(({ records, ...row }) => ({ ...row, records: JSON.parse(records) })), isAll: reachesNoLimit(rows) };
  } finally {
    client.release(!isWell);
  }
}

/** The limits are those of one shard. To look again for nothing costs little, so what all of them have is taken for one's. */
function reachesNoLimit(rows: readonly StoredRow[]): boolean {
  return rows.length < READ_ROWS_MAX && rows.reduce((length, { records }) => length + records.length, 0) < READ_BYTES_MAX / BYTES_PER_CHARACTER_MAX;
}

async function remove(client: ClientBase, rows: readonly CommittedRow[]): Promise<void> {
  if (rows.length === 0) return;
  await client.query({ ...REMOVE, values: [rows.map(({ shard }) => shard), rows.map(({ position }) => position)] });
}

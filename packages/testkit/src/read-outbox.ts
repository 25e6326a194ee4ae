import type { KafkaRecord } from '@waggle/kafka';
import type { Pool } from 'pg';

/** What a service has committed and not yet published, with the shard it is in. */
export async function readOutbox(db: Pool): Promise<(KafkaRecord & { shard: number })[]> {
  const { rows } = await db.query<{ shard: number; record: KafkaRecord }>(
    'SELECT shard, record FROM outbox, json_array_elements(records::json) WITH ORDINALITY AS r(record, index) ORDER BY shard, position, index',
  );
  return rows.map(({ shard, record }) => ({ shard, ...record }));
}

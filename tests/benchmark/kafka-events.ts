import { randomBytes } from 'node:crypto';
import { Kafka, logLevel, Partitioners } from 'kafkajs';

const TOPIC = 'public.behavior.event.v1';
const BATCH = 500;

/** Puts so many events of 1 KiB on the topic, of a thousand users, as the core would. Tells their ids. */
export async function publishEvents(brokers: string, { workspaceId, count, bytes }: { workspaceId: string; count: number; bytes: number }): Promise<string[]> {
  const producer = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING }).producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  const events = Array.from({ length: count }, (_, n) => anEvent({ workspaceId, user: `usr_${n % 1_000}`, bytes }));
  for (let start = 0; start < count; start += BATCH) {
    const messages = events.slice(start, start + BATCH).map(({ id, user, value }) => ({ key: `${workspaceId}:${user}`, value, headers: { ce_id: id, ce_type: 'activity.completed' } }));
    await producer.send({ topic: TOPIC, messages });
  }
  await producer.disconnect();
  return events.map(({ id }) => id);
}

/** Its webhook body has as many bytes as asked for. */
function anEvent({ workspaceId, user, bytes }: { workspaceId: string; user: string; bytes: number }) {
  const id = `evt_${randomBytes(13).toString('hex')}`;
  const body = (name: string) => ({
    event: 'activity.completed', timestamp: '2026-03-28T08:12:44Z', user_id: user,
    activity: { id: 'act_xyz789', type: 'habit', name, channel: 'telegram', occurrence_date: '2026-03-28', streak: { current: 4, longest: 12 } }, id,
  });
  const name = 'x'.repeat(bytes - JSON.stringify(body('')).length);
  return { id, user, value: JSON.stringify({ ...body(name), workspace_id: workspaceId }) };
}

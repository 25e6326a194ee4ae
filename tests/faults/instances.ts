import { eventually, type Instance, type Stack } from '@waggle/testkit';
import { expect } from '@jest/globals';

export const freeze = ({ process: { pid } }: Instance) => process.kill(pid, 'SIGSTOP');
export const goOn = ({ process: { pid } }: Instance) => process.kill(pid, 'SIGCONT');

/** The shards of the outbox whose lease this instance of the core has. */
export async function shardsOf(stack: Stack, { name }: Instance): Promise<number[]> {
  const { rows } = await stack.db('behavior-core').query('SELECT shard FROM outbox_leases WHERE starts_with(holder, $1) AND expires_at > clock_timestamp() ORDER BY shard', [name]);
  return rows.map(({ shard }) => shard);
}

/** Until these instances of the core share the whole outbox. */
export async function untilShared(stack: Stack, ...instances: Instance[]) {
  const share = 12 / instances.length;
  await eventually(async () => {
    for (const instance of instances) expect(await shardsOf(stack, instance)).toHaveLength(share);
  }, { timeoutMs: 20_000, intervalMs: 100 });
}

import { freePort, type ServerProcess } from '@waggle/local-stack';
import { eventually, type Stack } from '@waggle/testkit';
import { expect } from '@jest/globals';

export interface Instance {
  name: string;
  process: ServerProcess;
  url: string;
  internalUrl: string;
}

/** A process of a service with a name and ports of its own, beside others of the same. */
export async function startInstance(stack: Stack, service: Parameters<Stack['start']>[0], overrides: NodeJS.ProcessEnv = {}): Promise<Instance> {
  const name = crypto.randomUUID();
  const [port, internalPort] = [await freePort(), await freePort()];
  const process = await stack.start(service, { ...overrides, INSTANCE_ID: name, PORT: String(port), INTERNAL_PORT: String(internalPort) });
  return { name, process, url: `http://127.0.0.1:${port}`, internalUrl: `http://127.0.0.1:${internalPort}` };
}

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

import { freePort, type ServerProcess } from '@waggle/local-stack';
import type { Stack } from './use-stack.ts';

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

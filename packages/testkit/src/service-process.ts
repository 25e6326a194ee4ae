import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startServer, type ServerProcess } from '@waggle/local-stack';
import { z } from 'zod';

const ROOT = join(import.meta.dirname, '../../..');

export const SERVICES = ['ingress', 'behavior-core', 'outbound-dispatcher', 'event-log'] as const;
export type ServiceName = (typeof SERVICES)[number] | 'gateway';

/** A service as it really runs, in a process that a test may kill. Resolves once it says that it is well. */
export async function startService(service: ServiceName, env: NodeJS.ProcessEnv, logs: string): Promise<ServerProcess> {
  const args = [join(ROOT, service === 'gateway' ? 'packages' : 'services', service, 'src/main.ts')];
  const isWell = async () => {
    const response = await fetch(`http://127.0.0.1:${env['INTERNAL_PORT']}/health`).catch(() => null);
    return response?.status === 200;
  };
  return startServer({ name: service, command: process.execPath, args, logFile: join(logs, `${service}.log`), env }, isWell);
}

const workspace = z.object({ workspace_id: z.string(), system_key: z.string() });

/** A workspace and its first key, by the operator's own command. */
export async function createWorkspace(databaseUrl: string): Promise<{ workspaceId: string; systemKey: string }> {
  const args = [join(ROOT, 'services/behavior-core/src/admin.ts'), 'create-workspace', '--name', 'test'];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env: { ...process.env, DATABASE_URL: databaseUrl } });
  const { workspace_id: workspaceId, system_key: systemKey } = workspace.parse(JSON.parse(stdout));
  return { workspaceId, systemKey };
}

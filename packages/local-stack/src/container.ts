import { createHash } from 'node:crypto';
import { tryCommand } from './run-command.ts';
import type { Account } from './privileges.ts';

export async function whyNoDocker(): Promise<string | null> {
  const version = await tryCommand('docker', ['version', '--format', '{{.Server.Version}}'], { timeoutMs: 5_000 });
  return version === null ? '`docker version` is not answered by an engine' : null;
}

interface Container {
  image: string;
  /** Its name is made from both, so that two data directories never meet. */
  name: string;
  directory: string;
  ports: readonly { host: number; container: number }[];
  volumes?: readonly string[];
  env?: Record<string, string>;
  entrypoint?: string;
  account?: Account | null;
  args: readonly string[];
}

/**
 * The command that runs a server in a container but otherwise like a process of ours: its output is the log, a signal goes through,
 * and a container that a killed client left behind is removed first.
 */
export function containerCommand({ image, name, directory, ports, volumes = [], env = {}, entrypoint, account, args }: Container) {
  const container = containerName(name, directory);
  const run = [
    'docker',
    'run',
    '--rm',
    '--name',
    container,
    ...ports.flatMap(({ host, container: inside }) => ['-p', `127.0.0.1:${host}:${inside}`]),
    ...volumes.flatMap((volume) => ['-v', volume]),
    ...Object.entries(env).flatMap(([variable, value]) => ['-e', `${variable}=${value}`]),
    ...(account ? ['--user', `${account.uid}:${account.gid}`] : []),
    ...(entrypoint ? ['--entrypoint', entrypoint] : []),
    image,
    ...args,
  ];
  return { command: 'sh', args: ['-c', `docker rm -f ${container} >/dev/null 2>&1; exec "$@"`, 'sh', ...run] };
}

const containerName = (name: string, directory: string) =>
  `waggle-${createHash('sha256').update(directory).digest('hex').slice(0, 12)}-${name}`;

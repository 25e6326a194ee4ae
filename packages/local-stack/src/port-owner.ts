import { tryCommand } from './run-command.ts';

/** Who listens on a port, in words, as far as it can be seen from here. */
export async function describeOwner(port: number): Promise<string> {
  const sockets = (await tryCommand('ss', ['-Hltnp', `sport = :${port}`])) ?? '';
  const owner = /users:\(\("([^"]+)",pid=(\d+)/.exec(sockets);
  if (owner) return `${owner[1]} (process ${owner[2]})`;
  const files = (await tryCommand('lsof', ['-nP', '-F', 'pc', `-iTCP:${port}`, '-sTCP:LISTEN'])) ?? '';
  const [pid, command] = [/^p(\d+)/m.exec(files)?.[1], /^c(.+)/m.exec(files)?.[1]];
  return pid === undefined ? 'another program' : `${command} (process ${pid})`;
}

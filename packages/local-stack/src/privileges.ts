import { execFileSync, spawnSync } from 'node:child_process';

export interface Account {
  uid: number;
  gid: number;
}

export const isRoot = () => process.getuid?.() === 0;

/** The account for servers that refuse to be root, or null where we are not root ourselves. */
export function unprivilegedAccount(): Account | null {
  if (!isRoot()) return null;
  return accountOf('postgres') ?? accountOf('nobody') ?? { uid: 65_534, gid: 65_534 };
}

function accountOf(name: string): Account | null {
  try {
    const [uid = '', gid = ''] = ['-u', '-g'].map((flag) =>
      execFileSync('id', [flag, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
    );
    return { uid: Number(uid), gid: Number(gid) };
  } catch {
    return null;
  }
}

/**
 * Wraps a command so that it ends with its parent, however the parent ends, and runs as `account` if one is given.
 * That account keeps the right to enter our private folders: its own data lies below one.
 */
export function withPrivileges(
  command: readonly string[],
  { account, endSignal }: { account?: Account | null; endSignal?: NodeJS.Signals },
): string[] {
  const options: string[] = [];
  if (account)
    options.push(
      `--reuid=${account.uid}`,
      `--regid=${account.gid}`,
      '--clear-groups',
      '--inh-caps=+dac_override',
      '--ambient-caps=+dac_override',
    );
  if (endSignal && hasParentDeathSignal()) options.push('--pdeathsig', endSignal.replace('SIG', ''));
  return options.length === 0 ? [...command] : ['setpriv', ...options, ...command];
}

let probed: boolean | undefined;
function hasParentDeathSignal(): boolean {
  probed ??= spawnSync('setpriv', ['--pdeathsig', 'keep', 'true']).status === 0;
  return probed;
}

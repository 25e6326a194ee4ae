import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';

export const processIdentity = z.object({ name: z.string(), pid: z.number(), startedAt: z.string().nullable() });

/** A process id alone may belong to somebody else tomorrow; together with its start it does not. */
export type ProcessIdentity = z.infer<typeof processIdentity>;

export const identify = (name: string, pid: number): ProcessIdentity => ({ name, pid, startedAt: startOf(pid) });

export function isAlive({ pid, startedAt }: ProcessIdentity): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false;
  }
  return startOf(pid) === startedAt && !isZombie(pid);
}

/** Ends it as asked for; kills what has not ended in time. */
export async function endProcess(identity: ProcessIdentity, timeoutMs: number): Promise<void> {
  if (!isAlive(identity)) return;
  process.kill(identity.pid, 'SIGTERM');
  for (const deadline = Date.now() + timeoutMs; Date.now() < deadline; await pause(50)) if (!isAlive(identity)) return;
  process.kill(identity.pid, 'SIGKILL');
}

// Linux: the 22nd field, in clock ticks since the machine started. The 2nd, a name in parentheses, may hold spaces.
const fieldsAfterName = (pid: number): string[] | null => {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null;
  }
};
const startOf = (pid: number) => fieldsAfterName(pid)?.[19] ?? null;
const isZombie = (pid: number) => fieldsAfterName(pid)?.[0] === 'Z';

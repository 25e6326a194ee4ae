import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readPassingJson, writeJson } from '@waggle/setup';
import { endProcess, identify, isAlive, processIdentity, type ProcessIdentity } from './process-identity.ts';

const fileOf = (directory: string) => join(directory, 'supervisor.json');
const processesOf = (directory: string) => join(directory, 'processes.json');

/** The process that keeps this directory's stack running, or null if none does. */
export function findSupervisor(directory: string): ProcessIdentity | null {
  const { data } = processIdentity.safeParse(readPassingJson(fileOf(directory)));
  return data !== undefined && isAlive(data) ? data : null;
}

/** Makes this process the one supervisor of the directory; false if another is. */
export function becomeSupervisor(directory: string): boolean {
  if (findSupervisor(directory) !== null) return false;
  rmSync(fileOf(directory), { force: true }); // of one that was killed
  try {
    writeFileSync(fileOf(directory), JSON.stringify(identify('supervisor', process.pid)), { flag: 'wx', mode: 0o600 });
    return true;
  } catch {
    return false;
  }
}

export function resignAsSupervisor(directory: string): void {
  for (const file of [fileOf(directory), processesOf(directory), join(directory, 'stack.json')]) rmSync(file, { force: true });
}

export function recordProcesses(directory: string, processes: readonly { name: string; pid: number }[]): void {
  writeJson(
    processesOf(directory),
    processes.map(({ name, pid }) => identify(name, pid)),
  );
}

/** Ends what a supervisor that was killed has left behind. Normally nothing: its processes end with it where the system can see to that. */
export async function endLeftovers(directory: string): Promise<void> {
  const { data = [] } = z.array(processIdentity).safeParse(readPassingJson(processesOf(directory)));
  await Promise.all(data.map((identity) => endProcess(identity, 20_000)));
}

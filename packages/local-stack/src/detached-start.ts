import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { findSupervisor } from './running-stack.ts';

/** What the supervisor in the background tells the command that waits for it. */
export type BackgroundMessage = { line: string } | { isReady: true };

interface DetachedStart {
  directory: string;
  /** The command that becomes the supervisor. */
  args: readonly string[];
  report(line: string): void;
  signal: AbortSignal;
}

/** Starts the supervisor in the background and waits until all of it answers; gives the exit code. */
export async function startDetached({ directory, args, report, signal }: DetachedStart): Promise<number> {
  const log = openSync(join(directory, 'logs/stack.log'), 'a', 0o600);
  const child = spawn(process.execPath, args, { stdio: ['ignore', log, log, 'ipc'], detached: true });
  closeSync(log);
  const { promise: ended, resolve } = Promise.withResolvers<number>();
  child.on('message', (message: BackgroundMessage) => {
    if ('line' in message) return report(message.line);
    child.disconnect();
    child.unref();
    return resolve(0);
  });
  child.once('exit', (code) => resolve(code ?? 1)).once('error', (error) => (report(error.message), resolve(1)));
  signal.addEventListener('abort', () => child.kill('SIGTERM'), { once: true });
  return ended;
}

/** Another start may be on its way: waits for it as if it were ours. */
export async function waitUntilUp(directory: string, signal: AbortSignal): Promise<number> {
  while (!existsSync(join(directory, 'stack.json'))) {
    if (signal.aborted || findSupervisor(directory) === null) return 1;
    await pause(100);
  }
  return 0;
}

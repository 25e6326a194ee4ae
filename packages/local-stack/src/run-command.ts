import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

interface CommandOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  signal?: AbortSignal | undefined;
  timeoutMs?: number;
}

/** Runs a program to its end and gives both of its outputs; a failure says which program it was and what it printed last. */
export async function runCommand(
  file: string,
  args: readonly string[],
  { cwd, env, signal, timeoutMs }: CommandOptions = {},
): Promise<string> {
  const signals = [signal, timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs)].filter((one) => one !== undefined);
  const child = spawn(file, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    signal: AbortSignal.any(signals),
    ...(cwd && { cwd }),
    ...(env && { env }),
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  const { promise: ended, resolve, reject } = Promise.withResolvers<number | NodeJS.Signals | null>();
  child.once('error', reject).once('close', (code, endedBy) => resolve(code ?? endedBy));
  const code = await ended;
  if (code === 0) return output;
  throw new Error(`${[file, ...args].join(' ').slice(0, 200)}: failed (${code})\n${lastLines(output)}`);
}

/** The same for a look that may fail: null then. */
export async function tryCommand(file: string, args: readonly string[], options: CommandOptions = {}): Promise<string | null> {
  return runCommand(file, args, { timeoutMs: 10_000, ...options }).catch(() => null);
}

export function lastLines(text: string, count = 12): string {
  return text.trimEnd().split('\n').slice(-count).join('\n');
}

/** Where the shell would find a program, or null. */
export function findOnPath(program: string): string | null {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, program)).find(isExecutable) ?? null;
}

export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

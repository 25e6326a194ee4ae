import { chmodSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const ROOT = join(import.meta.dirname, '../../..');

/** Where everything of one local stack is: data, logs, secrets, and files that say what runs. For its owner's eyes only. */
export function openDataDirectory(): string {
  const directory = resolve(process.env['WAGGLE_DIRECTORY'] ?? join(ROOT, '.waggle'));
  mkdirSync(join(directory, 'logs'), { recursive: true, mode: 0o700 });
  chmodSync(directory, 0o700);
  return directory;
}

// Fetched packages are no data: the next start would fetch them again. The tests' servers are another stack.
const KEPT = ['cache', 'node', 'test'];

export function emptyDataDirectory(directory: string): void {
  for (const name of readdirSync(directory)) if (!KEPT.includes(name)) rmSync(join(directory, name), { recursive: true, force: true });
}

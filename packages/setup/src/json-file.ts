import { readFileSync, renameSync, writeFileSync } from 'node:fs';

/** Replaces the file as a whole, so that a reader never sees half of it; for its owner's eyes only. */
export function writeJson(file: string, value: unknown): void {
  const draft = `${file}.${process.pid}.tmp`;
  writeFileSync(draft, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, file);
}

/** The file's content, or null if there is none (or none that can be read as JSON). */
export function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}

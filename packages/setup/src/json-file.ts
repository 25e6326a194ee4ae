import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';

/** Replaces the file as a whole, so that a reader never sees half of it; for its owner's eyes only. */
export function writeJson(file: string, value: unknown): void {
  const draft = `${file}.${process.pid}.tmp`;
  writeFileSync(draft, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, file);
}

/** The file's content; undefined if there is no file. Throws for one that cannot be read or is no JSON: to write anew would lose what it holds. */
export function readJson(file: string): unknown {
  const text = readIfThere(file);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${file} is no JSON: mend it, or delete it to have it made anew (what it held is lost then)`, { cause: error });
  }
}

/** The same for what is made anew at every start: undefined also for a file that a crash has left half written. */
export function readPassingJson(file: string): unknown {
  try {
    return readJson(file);
  } catch {
    return undefined;
  }
}

function readIfThere(file: string): string | undefined {
  try {
    return statSync(file, { throwIfNoEntry: false }) === undefined ? undefined : readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`${file} cannot be read: see to its place and permissions`, { cause: error });
  }
}

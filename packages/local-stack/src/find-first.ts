/** One place where a server may come from. */
export interface Source<Found> {
  /** In words, for the error text: "a binary on this machine". */
  name: string;
  /** What was found, or in words why nothing was. */
  find(): Promise<Found | { missing: string }>;
}

/** A server that was named in so many words and cannot be used: no other is taken in its place. */
export class UnfitServer extends Error {}

interface Need {
  /** What is looked for, with its version: "PostgreSQL 15 or newer". */
  what: string;
  /** What a person can do if no source has it. */
  advice: string;
}

/** Asks the sources in order and takes the first that has it. If none has, one error says what each of them lacked. */
export async function findFirst<Found extends object>({ what, advice }: Need, sources: readonly Source<Found>[]): Promise<Found> {
  const reasons: string[] = [];
  for (const source of sources) {
    const found = await source.find().catch(toMissing);
    if (!isMissing(found)) return found;
    reasons.push(`  - ${source.name}: ${found.missing}`);
  }
  throw new Error([`${what} is needed and was not found:`, ...reasons, `What to do: ${advice}`].join('\n'));
}

const isMissing = (found: object): found is { missing: string } => 'missing' in found;

function toMissing(error: unknown): { missing: string } {
  if (error instanceof UnfitServer) throw error;
  return { missing: firstLines(error) };
}

const firstLines = (error: unknown) => (error instanceof Error ? error.message : String(error)).split('\n').slice(0, 6).join('\n    ');

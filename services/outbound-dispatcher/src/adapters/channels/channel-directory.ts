import { foundChannels, type ChannelRef, type FoundChannel } from '@waggle/contracts';
import type { AskInternal } from '@waggle/http';

/** As old as that credentials may be that are used. */
const FRESH_MS = 5_000;
/** While the core is away, what is remembered counts for so long. */
const STALE_MS = 3_600_000;
const ENTRIES_MAX = 20_000;
const QUESTION_MAX = 1_000;

export type Connection = Pick<FoundChannel, 'connection_id' | 'credentials'>;

interface Entry {
  connection: Connection;
  askedAt: number;
}

const keyOf = ({ workspace_id, user_id, channel }: ChannelRef) => JSON.stringify([workspace_id, user_id, channel]);

/** The credentials of connections: the core's, asked for many at once, remembered for five seconds. What is not connected is not remembered. */
export function createChannelDirectory(ask: AskInternal) {
  const entries = new Map<string, Entry>();

  function remember(key: string, entry: Entry) {
    entries.delete(key);
    // The oldest goes: a Map keeps the order of insertion.
    if (entries.size >= ENTRIES_MAX) entries.delete(entries.keys().next().value!);
    entries.set(key, entry);
  }

  async function askFor(refs: readonly ChannelRef[]): Promise<Set<string>> {
    const askedAt = performance.now();
    const { channels } = await ask('/internal/find-channels', { channels: refs }, foundChannels);
    for (const found of channels) remember(keyOf(found), { connection: found, askedAt });
    return new Set(channels.map(keyOf));
  }

  /** What is remembered of it will be asked for again. */
  const forget = (ref: ChannelRef): void => void entries.delete(keyOf(ref));

  /** One answer per question: null where it is not connected, undefined where nobody can say. `isDoubted`: what is remembered will not do. */
  async function find(questions: readonly (ChannelRef & { isDoubted: boolean })[]): Promise<(Connection | null | undefined)[]> {
    const refs = questions.map(({ workspace_id, user_id, channel }) => ({ workspace_id, user_id, channel }));
    const isFresh = (ref: ChannelRef) => performance.now() - (entries.get(keyOf(ref))?.askedAt ?? -Infinity) < FRESH_MS;
    const unknown = refs.filter((ref, index) => questions[index]!.isDoubted || !isFresh(ref)).slice(0, QUESTION_MAX);
    const asked = new Set(unknown.map(keyOf));
    let found: Set<string> | null = new Set();
    try {
      if (unknown.length > 0) found = await askFor(unknown);
    } catch {
      found = null;
    }
    return refs.map((ref) => {
      const key = keyOf(ref);
      const entry = entries.get(key);
      if (found !== null && asked.has(key) && !found.has(key)) {
        entries.delete(key);
        return null;
      }
      const isUsable = entry !== undefined && performance.now() - entry.askedAt < (found === null ? STALE_MS : FRESH_MS * 2);
      return isUsable ? entry.connection : undefined;
    });
  }

  return { find, forget };
}
export type FindConnections = ReturnType<typeof createChannelDirectory>['find'];

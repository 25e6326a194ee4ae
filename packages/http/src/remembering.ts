import { Unavailable } from '@waggle/runtime';

/** Asked again after this long: a revocation is promised to be felt everywhere within five seconds, and the question takes its time too. */
const FRESH_MS = 4_500;
/** While the one who knows is away, what is remembered counts for this long. */
const STALE_MS = 3_600_000;
const ENTRIES_MAX = 50_000;
/** Who did not answer is asked again this often, while those who wait for nothing new are answered at once. */
const AGAIN_MS = 1_000;
const UNKNOWN_PER_SECOND_MAX = 200;

/** Nobody can be asked, and nothing is remembered. */
export class Unanswerable extends Unavailable {}

interface Entry<Value> {
  value: Value;
  askedAt: number;
  /** When a later question found nobody. */
  unansweredAt?: number;
}

interface RememberingDeps<Value> {
  /** Null: there is no such thing. Never remembered, so that what is new works at once. */
  ask(key: string): Promise<Value | null>;
  now(): number;
}

/**
 * Remembers the answers to questions about keys (the model is RFC 7662's introspection) for 4.5 seconds, and for an hour while nobody
 * answers. One question in flight per key; a flood of unknown keys is cut off at 200 questions a second.
 */
export function createRemembering<Value>({ ask, now }: RememberingDeps<Value>) {
  const entries = new Map<string, Entry<Value>>();
  const questions = new Map<string, Promise<Value | null>>();
  let unknown = { second: 0, count: 0 };

  /** `isEnough`: an answer for which it is false is asked for again although it is fresh. */
  async function find(key: string, isEnough: (value: Value) => boolean = () => true): Promise<Value | null> {
    const known = entries.get(key);
    if (known !== undefined && isEnough(known.value) && isGood(key, known)) return known.value;
    try {
      const underWay = questions.get(key);
      const answer = await (underWay ?? question(key, known !== undefined));
      // One that was under way began earlier: what was made in between it may not have seen.
      const isFinal = underWay === undefined || (answer !== null && isEnough(answer));
      return isFinal ? answer : await question(key, known !== undefined);
    } catch (error) {
      if (known !== undefined && now() - known.askedAt < STALE_MS) return known.value;
      throw new Unanswerable('Nobody to ask', { cause: error });
    }
  }

  /**
   * Fresh, or nobody answered lately: one who hangs would cost every request the whole time-out. So it is asked beside them, and after
   * so long without a question its answer is waited for again.
   */
  function isGood(key: string, { askedAt, unansweredAt = -Infinity }: Entry<Value>): boolean {
    const silentMs = now() - unansweredAt;
    if (now() - askedAt < FRESH_MS) return true;
    if (silentMs >= FRESH_MS || now() - askedAt >= STALE_MS) return false;
    if (silentMs >= AGAIN_MS) void question(key, true).catch(() => {});
    return true;
  }

  function question(key: string, isKnown: boolean): Promise<Value | null> {
    const asked = questions.get(key);
    if (asked !== undefined) return asked;
    if (!isKnown && isFlood()) return Promise.reject(new Error('Too many unknown keys'));
    // The answer is at least as old as the question.
    const askedAt = now();
    const asking = ask(key)
      .then((value) => remember(key, value, askedAt), (error: unknown) => {
        const known = entries.get(key);
        if (known !== undefined) known.unansweredAt = now();
        throw error;
      })
      .finally(() => questions.delete(key));
    questions.set(key, asking);
    return asking;
  }

  function isFlood(): boolean {
    const second = Math.floor(now() / 1_000);
    if (unknown.second !== second) unknown = { second, count: 0 };
    return ++unknown.count > UNKNOWN_PER_SECOND_MAX;
  }

  function remember(key: string, value: Value | null, askedAt: number): Value | null {
    entries.delete(key);
    if (value === null) return null;
    // The oldest goes: a Map keeps the order of insertion.
    if (entries.size >= ENTRIES_MAX) entries.delete(entries.keys().next().value!);
    entries.set(key, { value, askedAt });
    return value;
  }

  return { find };
}

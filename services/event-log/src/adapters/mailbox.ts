import type { TailRow } from './event-store.ts';

/** Held for one follower; rows are shared by all who hold them. Who is slower reads from the log at its own pace. */
const HELD_MAX = 1_000;

export type Mailbox = ReturnType<typeof createMailbox>;

export function createMailbox() {
  let rows: TailRow[] = [];
  let hasOverflowed = false;
  let wake: (() => void) | undefined;

  function overflow() {
    [rows, hasOverflowed] = [[], true];
    wake?.();
  }

  return {
    overflow,
    put(row: TailRow) {
      if (hasOverflowed) return;
      if (rows.length === HELD_MAX) return overflow();
      rows.push(row);
      wake?.();
    },
    async next(timeoutMs: number, signal: AbortSignal): Promise<readonly TailRow[] | null> {
      if (rows.length === 0 && !hasOverflowed && !signal.aborted) {
        const { promise, resolve } = Promise.withResolvers<void>();
        wake = resolve;
        const timer = setTimeout(resolve, timeoutMs);
        signal.addEventListener('abort', wake, { once: true });
        await promise;
        clearTimeout(timer);
        signal.removeEventListener('abort', wake);
        wake = undefined;
      }
      if (hasOverflowed) {
        hasOverflowed = false;
        return null;
      }
      const taken = rows;
      rows = [];
      return taken;
    },
  };
}

import type { ChannelStates } from '@waggle/contracts';

/** Contract, section 3. */
const LAGGING_AFTER_MS = 5_000;

/** `oldestPendingAt`: since when the first message waits. */
export function stateOf({ isFailing, oldestPendingAt, nowMs }: { isFailing: boolean; oldestPendingAt: Date | null; nowMs: number }): ChannelStates['channels'][number]['state'] {
  if (isFailing) return 'failing';
  return oldestPendingAt !== null && nowMs - oldestPendingAt.getTime() > LAGGING_AFTER_MS ? 'lagging' : 'in_sync';
}

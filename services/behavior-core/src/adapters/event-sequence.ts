import type { BehaviorEvent } from '@waggle/contracts';
import { cloudEventHeaders } from '@waggle/kafka';
import { userKey } from '../domain/commands/batch-state.ts';

const SOURCE = 'waggle/behavior-core';

/** Numbers the events of each user on from `latest`, without a gap. The number travels as CloudEvents' `sequence` extension. */
export function sequenceEvents(events: readonly BehaviorEvent[], latest: ReadonlyMap<string, number>) {
  const sequences = new Map<string, number>();
  const headers = new Map<BehaviorEvent, Record<string, string>>();
  for (const event of events) {
    const key = userKey({ workspaceId: event.workspace_id, id: event.user_id });
    const sequence = (sequences.get(key) ?? latest.get(key) ?? 0) + 1;
    sequences.set(key, sequence);
    headers.set(event, { ...cloudEventHeaders(event, SOURCE), ce_sequence: String(sequence) });
  }
  return { sequences, headersOf: (event: BehaviorEvent) => headers.get(event) ?? {} };
}

import { awaitedBulkCommand, toUtc, type ItemError } from '@waggle/contracts';
import { ok, parseBody, Problem, type Answer, type ApiRequest, type createOperationIds } from '@waggle/http';
import { toRecord } from '@waggle/kafka';
import { z } from 'zod';
import type { BulkOrder } from '../../adapters/bulk-order.ts';
import type { Submit } from '../../adapters/core-client.ts';
import { createGrouping, ITEM_BYTES_MAX } from '../../domain/bulk/group-items.ts';
import { createItemIdentities } from '../../domain/bulk/identify-item.ts';
import { toAccepted } from '../accepted.ts';
import { parseItem } from './parse-item.ts';

export interface BulkJsonDeps {
  operationIds: ReturnType<typeof createOperationIds>;
  submit: Submit;
  order: BulkOrder;
  now(): Date;
}

const ITEMS_MAX = 1_000;
const TOO_LARGE: ItemError = { code: 'payload_too_large', detail: `One item may have about ${ITEM_BYTES_MAX.toLocaleString('en')} bytes` };
const bulkBody = z.object({ operations: z.array(z.unknown()).min(1).max(ITEMS_MAX), notify: z.boolean().default(false) });

/** Up to 1,000 items, answered when the core has committed the last of them. */
export function bulkJsonHandler({ operationIds, submit, order, now }: BulkJsonDeps) {
  return async ({ caller, body, identity, concern }: ApiRequest): Promise<Answer> => {
    const { operations, notify } = parseBody(bulkBody, body);
    const at = now();
    const operationId = operationIds.make(caller, 'core', at.getTime(), 'bulk');
    const grouping = createGrouping({
      kind: 'bulk', operation_id: operationId, workspace_id: caller.workspaceId, creator_user_id: caller.userId, accepted_at: toUtc(at),
      is_synchronous: true, total: operations.length,
    });
    const identify = createItemIdentities(caller.workspaceId, identity);
    for (const [index, value] of operations.entries()) {
      const parsed = parseItem(value, { caller, now: at, notify });
      if (parsed.kind === 'valid') {
        concern(parsed.body.user_id);
        if (!grouping.add(identify(index, parsed.body))) grouping.refuse({ index, activity_id: null, error: TOO_LARGE });
      } else grouping.refuse({ index, activity_id: parsed.activity_id, error: parsed.error });
    }

    const parts = grouping.flush();
    const messageOf = await order.place(parts, awaitedBulkCommand);
    const submission = await submit({ operationId, toRecords: (replyTo) => parts.map((part) => toRecord(messageOf(part), { ...part, reply_to: replyTo })) });
    if (submission.kind === 'unavailable') throw new Problem('unavailable', { headers: { 'retry-after': '1' } });
    return submission.kind === 'accepted' ? toAccepted(operationId) : ok(submission.reply.result);
  };
}

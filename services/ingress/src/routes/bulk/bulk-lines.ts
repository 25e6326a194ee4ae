import { createHash } from 'node:crypto';
import { bulkCommand, toUtc } from '@waggle/contracts';
import { createPlaces, inProgress, keyReused, parseQuery, REPLAYED, type Answer, type ApiRequest, type createOperationIds, type StreamRequest } from '@waggle/http';
import { toRecord, type KafkaRecord } from '@waggle/kafka';
import { Unavailable, type RightOfWay } from '@waggle/runtime';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import type { AnswerMemory, Claim } from '../../adapters/answer-memory.ts';
import type { BulkOrder } from '../../adapters/bulk-order.ts';
import { toAccepted } from '../accepted.ts';
import { bytesOf, sendLines, type Upload } from './upload.ts';

export interface BulkLinesDeps {
  operationIds: ReturnType<typeof createOperationIds>;
  /** Resolves when Kafka has acknowledged. */
  publish(records: readonly KafkaRecord[]): Promise<void>;
  memory: AnswerMemory;
  order: BulkOrder;
  /** Who waits for an answer goes first. */
  rightOfWay: RightOfWay;
  now(): Date;
}

const UPLOADS_MAX = 16;
const PUBLISH_ATTEMPTS = 5;

const linesQuery = z.strictObject({ notify: z.enum(['true', 'false']).default('false') });

/** Up to 100,000 lines of JSON, in constant memory: what has been read goes into Kafka before more is read. */
export function bulkLinesHandler({ operationIds, publish, memory, order, rightOfWay, now }: BulkLinesDeps) {
  const publishSurely = repeating(publish);
  const places = createPlaces({ max: UPLOADS_MAX, name: 'uploads', retryAfterSeconds: 5 });

  return async (request: StreamRequest): Promise<Answer> => {
    const { notify } = parseQuery(linesQuery, request.query);
    places.check(request.caller);
    const giveBack = places.take(request.caller);
    try {
      const claim = request.identity === null ? null : await memory.claim(request.identity);
      const hash = createHash('sha256').update(request.identity?.digest ?? '');
      if (claim?.kind === 'in_progress') throw inProgress();
      if (claim?.kind === 'known') return await answerAgain(claim, { request, hash });
      return await accept({ request, hash, context: { caller: request.caller, now: now(), notify: notify === 'true' }, head: newHead(request) }, claim);
    } finally {
      giveBack();
    }
  };

  function newHead({ caller }: ApiRequest): Upload['head'] {
    const at = now();
    return {
      kind: 'bulk', operation_id: operationIds.make(caller, 'core', at.getTime(), 'bulk'), workspace_id: caller.workspaceId, creator_user_id: caller.userId,
      accepted_at: toUtc(at), reply_to: null, is_synchronous: false, total: null,
    };
  }

  async function accept(upload: Upload, claim: Extract<Claim, { kind: 'ours' }> | null): Promise<Answer> {
    const { head, hash } = upload;
    const answer = toAccepted(head.operation_id);
    const progress = { sent: 0 };
    const letGo = claim?.hold();
    try {
      await sendLines(upload, {
        progress,
        async send(parts) {
          const messageOf = await order.place(parts, bulkCommand);
          await publishSurely(parts.map((part) => toRecord(messageOf(part), { ...part, reply_to: null })));
        },
        rest: rightOfWay.rest,
      });
      await sendTotal(head, progress.sent);
    } catch (error) {
      // Whatever ended the upload: what is in Kafka by then will be done, and its operation has an end.
      try {
        await sendTotal(head, progress.sent);
      } finally {
        await claim?.release();
      }
      throw error;
    } finally {
      letGo?.();
    }
    const { status, body, headers = {} } = answer;
    await claim?.conclude(hash.digest('base64url'), { status, headers: { 'content-type': 'application/json; charset=utf-8', ...headers }, body: JSON.stringify(body) });
    return answer;
  }

  async function sendTotal(head: Upload['head'], total: number) {
    if (total > 0) await publishSurely([toRecord(bulkCommand, { ...head, total, user_id: null, items: [], refused: [] })]);
  }
}

/** A repeated record changes nothing, so one that was not acknowledged is sent again rather than the client's 64 MB. */
const repeating = (publish: BulkLinesDeps['publish']): BulkLinesDeps['publish'] => async (records) => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await publish(records);
    } catch (error) {
      if (!(error instanceof Unavailable) || attempt === PUBLISH_ATTEMPTS) throw error;
      await pause(200 * attempt);
    }
  }
};

/** The same bytes get the first answer; for that they have to be read. */
async function answerAgain({ digest, answer }: Extract<Claim, { kind: 'known' }>, { request, hash }: Pick<Upload, 'request' | 'hash'>): Promise<Answer> {
  for await (const _ of bytesOf({ request, hash }));
  if (hash.digest('base64url') !== digest) throw keyReused();
  return { status: answer.status, headers: { ...answer.headers, ...REPLAYED }, body: JSON.parse(answer.body ?? 'null') };
}

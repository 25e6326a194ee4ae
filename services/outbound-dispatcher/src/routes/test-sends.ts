import { newId, testSendBody, toUtc } from '@waggle/contracts';
import { mayBeStored, parseBody, Problem, readJson, renderProblem, type Answer, type RequestIdentity, type Route, type RunOnce, type StoredAnswer, type StreamRequest } from '@waggle/http';
import { createHash } from 'node:crypto';
import type { EndpointStore } from '../adapters/endpoint-store.ts';
import type { TestDeliveries } from '../adapters/test-deliveries.ts';
import type { SendAttempt } from '../delivery/send-attempt.ts';
import { errorOf } from '../domain/attempt-result.ts';
import type { Endpoint } from '../domain/endpoint.ts';
import { describeEventType } from '../domain/event-types.ts';
import { endpointIdIn, ENDPOINTS_PATH, scopeOf } from './administer-endpoint.ts';
import { toDeliveryView } from './delivery-view.ts';
import { onceOutsideTransaction } from './once-outside-transaction.ts';

interface TestSendDeps {
  findReceiver: EndpointStore['findReceiver'];
  sendAttempt: SendAttempt;
  keep: TestDeliveries['keep'];
  runOnce: RunOnce;
}

interface TestSend {
  endpoint: Endpoint;
  eventType: string;
}

const BODY_LIMIT_BYTES = 1_024;

/**
 * One attempt while the client waits, up to five seconds: no transaction may be open for so long, so this route reads its body and cares
 * for repetitions by itself. A disabled endpoint is tested too: that is how one sees whether to enable it.
 */
export function testSendRoute({ findReceiver, sendAttempt, keep, runOnce }: TestSendDeps): Route {
  async function prepare(request: StreamRequest, body: unknown): Promise<TestSend> {
    const { event_type: eventType } = parseBody(testSendBody, body);
    const endpoint = await findReceiver(scopeOf(request), endpointIdIn(request.params));
    if (endpoint === null) throw new Problem('not_found');
    if (endpoint.userId !== null) request.concern(endpoint.userId);
    return { endpoint, eventType };
  }

  async function work({ endpoint, eventType }: TestSend): Promise<object> {
    const timestamp = toUtc(new Date());
    const { example } = describeEventType(eventType);
    const userId = endpoint.userId ?? example.user_id;
    const eventId = newId('evt');
    const body = JSON.stringify({ ...example, timestamp, user_id: userId, id: eventId, test: true });
    const identity = { workspaceId: endpoint.workspaceId, id: newId('dlv'), endpointId: endpoint.id, eventId, event: eventType, userId, body };
    const delivery = { ...identity, attemptCount: 0, attemptsBefore: 0, isSingle: true, isTest: true, isReplayed: false, isProbe: false, isOrdered: false, isOver: false };
    const { result, attempt } = await sendAttempt(endpoint, delivery);
    const reason = errorOf(result);
    const row = await keep({ delivery, timestamp, status: reason === null ? 'succeeded' : 'failed', reason, attempt });
    if (row === null) throw new Problem('not_found');
    return toDeliveryView(row);
  }

  async function handle(request: StreamRequest): Promise<Answer> {
    const body = await readJson(request.incoming, BODY_LIMIT_BYTES);
    const { identity } = request;
    if (identity === null) return { status: 200, body: await work(await prepare(request, body)) };
    const answer = await onceOutsideTransaction(runOnce, withBody(identity, body), {
      prepare: () => prepare(request, body),
      work: async (plan) => ({ status: 200, headers: {}, body: JSON.stringify(await work(plan)) }),
      toRefusal: (error) => toRefusal(error, request),
    });
    return { ...answer, body: JSON.parse(answer.body ?? 'null') };
  }

  const never = async () => { throw new Problem('unsupported_media_type'); };
  return { method: 'post', path: `${ENDPOINTS_PATH}/:id/test`, handle: never, stream: { isOfType: () => true, handle } };
}

/** As every other POST keeps it. */
function toRefusal(error: unknown, { incoming }: StreamRequest): StoredAnswer {
  const { problem, answer } = renderProblem(error, incoming.res!);
  if (!mayBeStored(answer.status)) throw error;
  incoming.res!.locals['problem'] = problem;
  return answer;
}

/** Of a stream the digest is of the rest of the request. */
const withBody = (identity: RequestIdentity, body: unknown): RequestIdentity => ({
  ...identity, digest: createHash('sha256').update(JSON.stringify([identity.digest, body])).digest('base64url'),
});

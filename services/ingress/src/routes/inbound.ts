import { behaviorCommand, operationResult, type Reply } from '@waggle/contracts';
import { actingFor, Problem, REPLAYED, type Answer, type ApiRequest, type createOperationIds, type Policy, type Route } from '@waggle/http';
import { toRecord } from '@waggle/kafka';
import type { Submit } from '../adapters/core-client.ts';
import { toAccepted } from './accepted.ts';
import { parseInbound, userNamedIn } from './parse-inbound.ts';
import { toCommand } from '../domain/to-command.ts';

export interface InboundDeps {
  policy: Policy;
  /** By key, for a request that does not say whom it is for. */
  apiPolicy: Policy;
  operationIds: ReturnType<typeof createOperationIds>;
  submit: Submit;
  now(): Date;
}

/** `POST /v1/webhooks/inbound` (guide "Inbound webhooks"): answered once the core has committed the change. */
export function inboundRoute({ policy, apiPolicy, operationIds, submit, now }: InboundDeps): Route {
  /** Before validation: a request counts whatever its outcome. */
  async function count({ caller, body, limit }: ApiRequest) {
    const subject = caller.userId ?? userNamedIn(body);
    await (subject === undefined ? limit(apiPolicy, caller.keyId) : limit(policy, `${caller.workspaceId}:${subject}`));
  }

  async function handle({ caller, body, identity }: ApiRequest): Promise<Answer> {
    const at = now();
    const parsed = parseInbound(body, at);
    actingFor(caller, parsed.user_id);
    const operationId = operationIds.make(caller, 'core', at.getTime());
    const command = toCommand(parsed, { workspaceId: caller.workspaceId, creatorUserId: caller.userId, operationId, now: at, key: identity });
    const submission = await submit({ operationId, toRecords: (replyTo) => [toRecord(behaviorCommand, { ...command, reply_to: replyTo })] });
    if (submission.kind === 'unavailable') throw new Problem('unavailable', { headers: { 'retry-after': '1' } });
    return submission.kind === 'accepted' ? toAccepted(operationId) : toAnswer(submission.reply);
  }

  return { method: 'post', path: '/v1/webhooks/inbound', count, handle };
}

/** `replayed`: Redis has forgotten the first answer, and the core has not. */
function toAnswer({ result, replayed }: Reply): Answer {
  const decided = operationResult.parse(result);
  const headers = replayed ? REPLAYED : {};
  if (decided.status === 'refused') {
    const { code, detail, errors } = decided;
    throw new Problem(code, { detail, ...(errors && { errors }), headers });
  }
  return { status: 200, body: decided, headers };
}

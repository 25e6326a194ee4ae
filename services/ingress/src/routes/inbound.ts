import type { BehaviorCommand } from '@waggle/contracts';
import { actingFor, ok, Problem, type Answer, type ApiRequest, type createOperationIds, type Policy, type Route } from '@waggle/http';
import type { Submission, Submit } from '../adapters/core-client.ts';
import { parseInbound, userNamedIn } from './parse-inbound.ts';
import { toCommand } from '../domain/to-command.ts';

export interface InboundDeps {
  policy: Policy;
  operationIds: ReturnType<typeof createOperationIds>;
  submit: Submit;
  now(): Date;
}

/** `POST /v1/webhooks/inbound` (guide "Inbound webhooks"): answered once the core has committed the change. */
export function inboundRoute({ policy, operationIds, submit, now }: InboundDeps): Route {
  async function handle({ caller, body, limit }: ApiRequest): Promise<Answer> {
    // Before validation: a request counts whatever its outcome, as soon as it says whom it is for.
    const subject = caller.userId ?? userNamedIn(body);
    if (subject !== undefined) await limit(policy, `${caller.workspaceId}:${subject}`);

    const at = now();
    const parsed = parseInbound(body, at);
    actingFor(caller, parsed.user_id);
    const operationId = operationIds.make(caller, 'core', at.getTime());
    const command = toCommand(parsed, { workspaceId: caller.workspaceId, creatorUserId: caller.userId, operationId, now: at });
    return toAnswer(command, await submit(command));
  }

  return { method: 'post', path: '/v1/webhooks/inbound', limitedBy: 'handler', handle };
}

function toAnswer({ operation_id }: Pick<BehaviorCommand, 'operation_id'>, submission: Submission): Answer {
  if (submission.kind === 'unavailable') throw new Problem('unavailable', { headers: { 'retry-after': '1' } });
  if (submission.kind === 'accepted') {
    return { status: 202, body: { status: 'accepted', operation_id }, headers: { location: `/v1/operations/${operation_id}` } };
  }
  const { result } = submission;
  if (result.status === 'refused') throw new Problem(result.code, { detail: result.detail });
  return ok(result);
}

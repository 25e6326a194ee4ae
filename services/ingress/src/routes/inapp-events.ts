import { inappDigest } from '@waggle/client';
import {
  INAPP_REFUSAL_STATUSES, inappEvent, type InappEvent, type InappEventBody, type InappRefusal, type InappRefusalCode, type ProblemCode, type Receipt,
} from '@waggle/contracts';
import {
  isJsonType, limitHeaders, parseJson, perMinute, Problem, readBody, type ActiveInappKey, type Admit,
} from '@waggle/http';
import { toRecord, type KafkaRecord } from '@waggle/kafka';
import { Unavailable, type Logger } from '@waggle/runtime';
import { Router, type ErrorRequestHandler, type Request, type Response } from 'express';
import type { Receipts } from '../adapters/receipts.ts';
import { parseHeaders, requireFresh, type InappHeaders } from '../domain/inapp/headers.ts';
import { parseEvent } from '../domain/inapp/parse-event.ts';
import { requirePermission } from '../domain/inapp/permission.ts';
import { Refused } from '../domain/inapp/refused.ts';
import { requireSignature } from '../domain/inapp/signature.ts';
import { toMessage } from '../domain/inapp/to-message.ts';

export interface InappEventsDeps {
  findInappKey(keyId: string, eventType?: string): Promise<ActiveInappKey | null>;
  admit: Admit;
  publish(records: readonly KafkaRecord[]): Promise<void>;
  receipts: Receipts;
  now(): Date;
  logger: Logger;
}

const BODY_LIMIT_BYTES = 65_536;
/** Extra fields are the client's, whatever they are: nobody here walks them but the canonical form, which takes this many levels and more. */
const DEPTH_MAX = 1_000;
/** Nobody asks the core about ids that it cannot have given out. */
const KEY_ID = /^ick_[A-Za-z0-9_-]{1,60}$/;
/** A type that no key has, so that what is remembered is not enough. */
const NO_TYPE = '';
/** What the shared readers of bodies complain about, in this endpoint's words. */
const CODES: ReadonlyMap<ProblemCode, InappRefusalCode> = new Map([
  ['payload_too_large', 'payload_too_large'],
  ['malformed_json', 'invalid_json'],
  ['unsupported_media_type', 'invalid_json'],
]);
const ACCEPTED: Omit<Receipt, 'digest' | 'wallet'> = { processing_status: 'accepted', reason: null, awards: [] };

/** `POST /user/inapp/webhooks` (guide "In-app webhooks"). The order of the checks is part of the contract. */
export function inappEventsRoute(deps: InappEventsDeps): Router {
  const { findInappKey, publish, receipts, now } = deps;

  async function receive(request: Request, response: Response) {
    const body = await read(request);
    const headers = parseHeaders((name) => request.get(name), isJsonType(request.headers['content-type']));
    const { text, value } = await body.parse();
    const at = now();
    requireFresh(headers, at);
    const { key, digest } = await authenticate(headers, value);
    response.locals['caller'] = { workspaceId: key.workspace_id, keyId: key.key_id };
    // Both are asked of Redis at once. Who is over the limit hears of that, whatever else is wrong.
    const recalling = parseAndRecall(key, value, at);
    recalling.catch(() => {});
    await limit(response, key);
    const { event, prior } = await recalling;
    await requireAllowed(key, event);
    const message = toMessage(event, { key, digest, text, now: at });
    // Another body under the same id goes to the core too, which flags it for the operator. The first one stands, so none may overtake it:
    // what comes later goes behind it, into its wallet's partition.
    const wallet = prior?.wallet ?? message.wallet;
    if (prior?.digest !== digest) await publish([{ ...toRecord(inappEvent, message), key: inappEvent.key({ ...message, wallet }) }]);
    if (prior === null) await receipts.keep(message, { digest, wallet, ...ACCEPTED });
    response.setHeader('content-type', 'application/json; charset=utf-8').end(JSON.stringify(accepted(message, prior)));
  }

  async function authenticate(headers: InappHeaders, value: unknown): Promise<{ key: ActiveInappKey; digest: string }> {
    const digest = inappDigest(value);
    const found = KEY_ID.test(headers.keyId) ? await findInappKey(headers.keyId) : null;
    try {
      return { key: requireSignature(found, headers, digest), digest };
    } catch (error) {
      // The core is asked about an unknown key each time. Without the same question about a known one, time would tell which it is.
      if (found !== null) await findInappKey(found.key_id, NO_TYPE).catch(() => {});
      throw error;
    }
  }

  async function parseAndRecall(key: ActiveInappKey, value: unknown, at: Date): Promise<{ event: InappEventBody; prior: Receipt | null }> {
    const event = parseEvent(value, at);
    return { event, prior: await receipts.find({ event_id: event.event_id, key_id: key.key_id, environment: key.environment }) };
  }

  async function limit(response: Response, key: ActiveInappKey) {
    const policy = perMinute('inapp', key.rate_limit_per_minute);
    const admission = await deps.admit(key.key_id, policy);
    response.set(limitHeaders(policy, admission));
    if (!admission.isAdmitted) throw new Refused('quota_exceeded', `More than ${policy.limit} events in a minute`);
  }

  /** An unmapped type is asked for again, so that a new mapping works at once. */
  async function requireAllowed(key: ActiveInappKey, event: InappEventBody) {
    const isMapped = key.event_types.includes(event.event_type);
    const current = isMapped ? key : await findInappKey(key.key_id, event.event_type);
    requirePermission(current ?? key, event);
  }

  const router = Router();
  router.route('/user/inapp/webhooks')
    .post(receive, refuse(deps.logger))
    .all(() => { throw new Problem('method_not_allowed', { headers: { allow: 'POST' } }); });
  return router;
}

/** Size comes before all else; that a body cannot be read as JSON is said later, in its turn. */
async function read(request: Request): Promise<{ parse(): Promise<{ text: string; value: unknown }> }> {
  try {
    const bytes = await readBody(request, BODY_LIMIT_BYTES);
    return { parse: async () => parseJson(bytes, { depthMax: DEPTH_MAX }) };
  } catch (error) {
    if (!(error instanceof Problem) || error.code === 'payload_too_large') throw error;
    return { parse: () => Promise.reject(error) };
  }
}

function accepted({ event_id }: InappEvent, prior: Receipt | null) {
  const { processing_status, reason, awards } = prior ?? ACCEPTED;
  const data = { success: true, received: true, duplicate: prior !== null, event_id, processing_status, ...(reason !== null && { reason }), awards };
  return { status: 200, message: 'Success !', data };
}

/** This endpoint has a body of its own for errors (contract, section 5). */
function refuse(logger: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (response.headersSent || request.destroyed && !request.complete) return next(error);
    const refused = toRefused(error);
    if (refused.code === 'internal') logger.error({ err: error, requestId: response.get('x-request-id') }, 'in-app event failed');
    if (refused.code === 'unavailable') response.set('retry-after', '1');
    const { code, message } = refused;
    const status = INAPP_REFUSAL_STATUSES[code];
    response.locals['code'] = code;
    response.status(status).json({ status, message, data: null, code } satisfies InappRefusal);
  };
}

function toRefused(error: unknown): Refused {
  if (error instanceof Refused) return error;
  if (error instanceof Unavailable) return new Refused('unavailable', 'Temporarily unavailable, send it again', { cause: error });
  if (error instanceof Problem) return new Refused(CODES.get(error.code) ?? 'internal', error.message, { cause: error });
  return new Refused('internal', 'Internal error', { cause: error });
}

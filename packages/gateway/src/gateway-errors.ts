import { PROBLEMS, type ProblemCode } from '@waggle/contracts';
import type { Route } from './routes.ts';

/** What the gateway itself may have to say, in words for the client. */
const DETAILS = {
  not_found: 'No such path',
  validation_failed: 'The request target or a header field cannot be read',
  method_not_allowed: 'This method is not served here',
  payload_too_large: 'The body is larger than 64 MB',
  quota_exceeded: 'Too many requests from this address',
  unavailable: 'No instance of the service answers',
  internal: 'Internal error',
} as const satisfies Partial<Record<ProblemCode, string>>;

export type GatewayErrorCode = keyof typeof DETAILS;

export interface GatewayError {
  status: number;
  contentType: string;
  body: string;
}

interface Wording {
  code: GatewayErrorCode;
  shape: Route['errors'];
  publicUrl: string;
  requestId: string;
}

/** The same bytes in both modes: the proxy fills in its values, the rendered nginx configuration its variables. */
export function gatewayError({ code, shape, publicUrl, requestId }: Wording): GatewayError {
  const [status, title] = PROBLEMS[code];
  const detail = DETAILS[code];
  if (shape === 'in-app') return inAppError(code, status, detail);
  const problem = { type: `${publicUrl}/docs/problems/${code}`, title, status, detail, instance: requestId, code };
  return { status, contentType: 'application/problem+json; charset=utf-8', body: JSON.stringify(problem) };
}

/** The in-app guide knows no 413: too large is a 400 there. */
function inAppError(code: GatewayErrorCode, usualStatus: number, message: string): GatewayError {
  const status = code === 'payload_too_large' ? 400 : usualStatus;
  return { status, contentType: 'application/json; charset=utf-8', body: JSON.stringify({ status, message, data: null, code }) };
}

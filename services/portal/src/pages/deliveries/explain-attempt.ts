import type { Attempt } from '@waggle/contracts';

const SILENCES: Readonly<Record<string, string>> = {
  timeout: 'Your endpoint did not answer within five seconds. Answer first, then work.',
  body_cut: 'Your endpoint broke off within its answer.',
  address_not_allowed: 'The address is not allowed: it is not public.',
  connection_refused: 'Nothing listens there: the connection was refused.',
  connection_closed: 'Your endpoint closed the connection without an answer.',
  name_not_found: 'The name of the host could not be resolved.',
  unreachable: 'There is no way to the host: the network is unreachable.',
  tls_error: 'The TLS connection failed. Is the certificate valid, and for this name?',
  invalid_response: 'What came back is not HTTP.',
};

const STATUSES: Readonly<Record<number, string>> = {
  401: 'Your endpoint refused the request with 401. Is the signature compared over the raw body, with the present secret?',
  403: 'Your endpoint refused the request with 403. Is the signature compared over the raw body, with the present secret?',
  404: 'Your endpoint answered 404. Is the path right?',
  405: 'Your endpoint answered 405. Does the path take POST requests?',
  410: 'Your endpoint answered 410 Gone. If its last attempt says so too, the endpoint is disabled.',
  429: 'Your endpoint asked for a pause (429). Retry-After is honoured up to an hour.',
};

/** What a failed attempt means, and what to look at. */
export function explainAttempt({ status_code: status, error }: Pick<Attempt, 'status_code' | 'error'>): string {
  if (status === null) return SILENCES[error ?? ''] ?? `Your endpoint gave no answer (${error}).`;
  if (status === 200) return error === null ? 'Your endpoint answered 200.' : 'Your endpoint began to answer 200 but did not finish in time, or broke off.';
  return STATUSES[status] ?? explainFamily(status);
}

function explainFamily(status: number): string {
  if (status < 300) return `Your endpoint answered ${status}. Only exactly 200 counts as received.`;
  if (status < 400) return `Your endpoint redirected with ${status}. Redirects are not followed: register the URL that it leads to.`;
  return `Your endpoint answered ${status}. Look for this delivery's id in its own logs: it comes as X-Buffy-Delivery.`;
}

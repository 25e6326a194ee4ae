import { Refused } from './refused.ts';

export interface InappHeaders {
  keyId: string;
  /** As it was sent, without white space around: it is part of what was signed. */
  timestamp: string;
  signature: string;
}

const TOLERANCE_SECONDS = 300;

/** `header`: a request's headers by name. `isJson`: what its content type says. */
export function parseHeaders(header: (name: string) => string | undefined, isJson: boolean): InappHeaders {
  if (!isJson) throw new Refused('invalid_headers', 'Content-Type must be application/json');
  return {
    keyId: required(header, 'X-Buzz-Key-Id', /^[\x21-\x7e]{1,128}$/),
    timestamp: required(header, 'X-Buzz-Timestamp', /^\d{1,16}$/),
    signature: required(header, 'X-Buzz-Signature', /^(v1=)?[0-9a-fA-F]{64}$/),
  };
}

/** A header that comes twice arrives joined by a comma, which no form here allows. */
function required(header: (name: string) => string | undefined, name: string, form: RegExp): string {
  const value = header(name)?.trim();
  if (value === undefined || value === '') throw new Refused('invalid_headers', `${name} is missing`);
  if (!form.test(value)) throw new Refused('invalid_headers', `${name} is malformed`);
  return value;
}

/** In whole seconds, and 300 of them are still in time. */
export function requireFresh({ timestamp }: Pick<InappHeaders, 'timestamp'>, now: Date): void {
  const apart = Math.abs(Math.floor(now.getTime() / 1_000) - Number(timestamp));
  if (apart > TOLERANCE_SECONDS) throw new Refused('timestamp_out_of_range', `X-Buzz-Timestamp is more than ${TOLERANCE_SECONDS} s from the server's time`);
}

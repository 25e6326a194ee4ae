import { createHmac, hash, timingSafeEqual } from 'node:crypto';
import { canonicalJson } from './canonical-json.ts';

/** Lower-case hex SHA-256 of the canonical body. */
export function inappDigest(body: unknown): string {
  return hash('sha256', canonicalJson(body), 'hex');
}

/** `timestamp`: the value of X-Buzz-Timestamp, Unix seconds. The whole secret string is the key, as UTF-8. */
export function signInAppDigest(secret: string, timestamp: string | number, digest: string): string {
  return createHmac('sha256', secret).update(`${String(timestamp).trim()}\n${digest}`).digest('hex');
}

/** The value of X-Buzz-Signature for a body (guide "In-app webhooks", contract section 5). */
export function signInAppEvent(secret: string, timestamp: string | number, body: unknown): string {
  return signInAppDigest(secret, timestamp, inappDigest(body));
}

/** Compares in constant time; takes hex in either case and an optional `v1=` in front. */
export function isSameSignature(expectedHex: string, given: string): boolean {
  const hex = given.trim().replace(/^v1=/, '');
  if (!/^[0-9a-fA-F]{64}$/.test(hex)) return false;
  return timingSafeEqual(Buffer.from(expectedHex, 'hex'), Buffer.from(hex, 'hex'));
}

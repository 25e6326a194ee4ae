import { canonicalJson } from '@waggle/client/canonical-json';
import { hmacSha256, sha256, toHex } from '../../api/hmac.ts';

export interface Signed {
  timestamp: string;
  canonical: string;
  digest: string;
  /** Null without a secret. */
  signature: string | null;
}

/** As the in-app guide signs: HMAC-SHA256 under the secret over the timestamp, a line feed and the SHA-256 of the canonical body. */
export async function signEvent(body: unknown, timestamp: string, secret: string): Promise<Signed> {
  const canonical = canonicalJson(body);
  const digest = toHex(await sha256(canonical));
  return { timestamp, canonical, digest, signature: secret === '' ? null : toHex(await hmacSha256(secret, `${timestamp}\n${digest}`)) };
}

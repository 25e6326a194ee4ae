import { canonicalJson } from '@waggle/client/canonical-json';

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
  const digest = toHex(await crypto.subtle.digest('SHA-256', utf8(canonical)));
  if (secret === '') return { timestamp, canonical, digest, signature: null };
  const key = await crypto.subtle.importKey('raw', utf8(secret), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  return { timestamp, canonical, digest, signature: toHex(await crypto.subtle.sign('HMAC', key, utf8(`${timestamp}\n${digest}`))) };
}

const utf8 = (text: string) => new TextEncoder().encode(text);
const toHex = (bytes: ArrayBuffer) => [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, '0')).join('');

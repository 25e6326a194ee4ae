/** Signatures are computed in the tab that asks for them, by Web Crypto: a secret is typed in, used and forgotten. */
export async function hmacSha256(key: string | Uint8Array<ArrayBuffer>, text: string): Promise<ArrayBuffer> {
  const bytes = typeof key === 'string' ? utf8(key) : key;
  // Web Crypto takes no empty key; HMAC pads a shorter one with zeros, so this is the same.
  const raw = bytes.length === 0 ? new Uint8Array(1) : bytes;
  const imported = await subtle().importKey('raw', raw, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  return subtle().sign('HMAC', imported, utf8(text));
}

export const sha256 = (text: string): Promise<ArrayBuffer> => subtle().digest('SHA-256', utf8(text));

export const utf8 = (text: string) => new TextEncoder().encode(text);
export const toHex = (bytes: ArrayBuffer | Uint8Array) => [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
export const toBase64 = (bytes: ArrayBuffer) => btoa(String.fromCharCode(...new Uint8Array(bytes)));

/** Null for what is not Base64. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> | null {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
}

function subtle(): SubtleCrypto {
  if (!globalThis.isSecureContext && globalThis.crypto.subtle === undefined) throw new Error('Browsers compute signatures on pages that came by https, or from localhost, alone.');
  return globalThis.crypto.subtle;
}

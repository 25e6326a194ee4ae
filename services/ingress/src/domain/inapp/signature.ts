import { isSameSignature, signInAppDigest } from '@waggle/client';
import type { InappHeaders } from './headers.ts';
import { Refused } from './refused.ts';

const NOBODYS_SECRET = 'wgis_0000000000000000000000000000000000000000000';

/** An unknown key is compared too, with the same work and the same answer: which of the two was wrong is not for strangers to learn. */
export function requireSignature<Key extends { secret: string }>(key: Key | null, { timestamp, signature }: InappHeaders, digest: string): Key {
  const isSame = isSameSignature(signInAppDigest(key?.secret ?? NOBODYS_SECRET, timestamp, digest), signature);
  if (key === null || !isSame) throw new Refused('invalid_signature', 'Unknown key or bad signature');
  return key;
}

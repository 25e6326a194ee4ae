import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { z } from 'zod';

const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** `id:base64,…`: keys of 32 bytes. The first seals, all of them open: put a new one in front to rotate. */
export const encryptionKeys = z.string().transform((text, context) => {
  const keys = text.split(',').map((entry) => {
    const [id = '', encoded = ''] = entry.split(':');
    return { id, key: Buffer.from(encoded, 'base64') };
  });
  const bad = keys.find(({ id, key }) => !/^[A-Za-z0-9_-]{1,16}$/.test(id) || key.length !== 32);
  if (bad !== undefined) context.addIssue(`Key "${bad.id}" must be id:base64 of 32 bytes`);
  return keys;
});
export type EncryptionKeys = z.infer<typeof encryptionKeys>;

export interface SealedBox {
  /** AES-256-GCM. `ownerId` (the row's id) is authenticated: a sealed secret moved to another row does not open. */
  seal(secret: string, ownerId: string): string;
  open(sealed: string, ownerId: string): string;
}

/** Secrets at rest as `<key id>.<base64 of nonce, tag, ciphertext>`. */
export function createSealedBox(keys: EncryptionKeys): SealedBox {
  const [current] = keys;
  if (current === undefined) throw new Error('At least one encryption key is needed');
  return {
    seal(secret, ownerId) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(ALGORITHM, current.key, nonce).setAAD(Buffer.from(ownerId));
      const body = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
      return `${current.id}.${Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64')}`;
    },
    open(sealed, ownerId) {
      const [id, encoded = ''] = sealed.split('.');
      const found = keys.find((candidate) => candidate.id === id);
      if (found === undefined) throw new Error(`No encryption key "${id}"`);
      const bytes = Buffer.from(encoded, 'base64');
      const decipher = createDecipheriv(ALGORITHM, found.key, bytes.subarray(0, NONCE_BYTES)).setAAD(Buffer.from(ownerId));
      decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
      return decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
    },
  };
}

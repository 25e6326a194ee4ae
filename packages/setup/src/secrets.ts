import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { readJson, writeJson } from './json-file.ts';

const hex = (bytes: number) => randomBytes(bytes).toString('hex');
const secret = (make: () => string) => z.string().min(1).default(make);
const password = () => secret(() => hex(16));

const secrets = z.object({
  postgresPassword: password(),
  behaviorPassword: password(),
  dispatchPassword: password(),
  eventLogPassword: password(),
  biPassword: password(),
  /** Between services, on their internal ports. */
  internalToken: secret(() => hex(24)),
  /** The key of the MAC inside operation ids: 32 bytes as hex. */
  operationSecret: secret(() => hex(32)),
  /** `k1:` and 32 bytes as base64. */
  encryptionKeys: secret(() => `k1:${randomBytes(32).toString('base64')}`),
});

export type Secrets = z.infer<typeof secrets>;

/** What servers and services share, made once and kept in `file`. */
export function openSecrets(file: string): Secrets {
  const known = readJson(file);
  const all = secrets.parse(known ?? {});
  if (JSON.stringify(known) !== JSON.stringify(all)) writeJson(file, all);
  return all;
}

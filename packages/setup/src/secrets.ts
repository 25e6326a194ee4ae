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

/** What servers and services share, made once and kept in `file`. Throws for a file that holds anything else: new secrets would lock everybody out of what the old ones opened. */
export function openSecrets(file: string): Secrets {
  const known = readJson(file);
  const { data: all, error } = secrets.safeParse(known === undefined ? {} : known);
  if (all === undefined) throw new Error(`${file} holds what is no secret: mend it, or take the name out to have that one made anew\n${z.prettifyError(error)}`);
  // A name that this release does not know stays: it is of a later one, or a slip that is to be mended.
  const kept = { ...z.record(z.string(), z.unknown()).optional().parse(known), ...all };
  if (JSON.stringify(known) !== JSON.stringify(kept)) writeJson(file, kept);
  return all;
}

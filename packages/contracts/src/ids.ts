import { hash, randomFillSync } from 'node:crypto';

/** Contract, section 1; `aud` is an entry of the audit log, `chn` a channel's connection, `pss` a portal session. */
export type IdPrefix =
  | 'ws' | 'act' | 'stp' | 'rem' | 'evt' | 'op' | 'msg' | 'whe' | 'dlv' | 'key' | 'tsk' | 'map' | 'iev' | 'awd' | 'ick' | 'aud' | 'chn' | 'pss';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/** A fresh TypeID: `<prefix>_` and a UUIDv7 in Crockford's base 32, so ids sort by the time of their making. */
export function newId(prefix: IdPrefix, nowMs: number = Date.now()): string {
  return typeId(prefix, nowMs, randomFillSync(Buffer.allocUnsafe(10)));
}

/** The same TypeID for the same cause: deciding a redelivered record again gives the ids of the first time. */
export function derivedId(prefix: IdPrefix, timeMs: number, ...cause: readonly (string | number)[]): string {
  return typeId(prefix, timeMs, hash('sha256', JSON.stringify([prefix, ...cause]), 'buffer').subarray(0, 10));
}

/** RFC 9562, version 7: 48 bits of milliseconds, then version, variant and 74 bits of `tail`. */
function typeId(prefix: IdPrefix, timeMs: number, tail: Buffer): string {
  const bytes = Buffer.allocUnsafe(16);
  bytes.writeUIntBE(timeMs, 0, 6);
  tail.copy(bytes, 6);
  bytes[6] = 0x70 | (tail[0]! & 0x0f);
  bytes[8] = 0x80 | (tail[2]! & 0x3f);
  return `${prefix}_${base32(bytes)}`;
}

/** 128 bits as 26 digits of five bits, the first of which holds three. */
function base32(bytes: Buffer): string {
  let text = '';
  let held = 0;
  let bits = 2;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET[(held >> bits) & 31];
    }
    held &= (1 << bits) - 1;
  }
  return text;
}

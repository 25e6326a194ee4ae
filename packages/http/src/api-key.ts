import { hash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

const RANDOM_BYTES = 24;

/** `wgl_<32 characters><7 of checksum>`: a mistyped key is known for one without asking anybody, and secret scanners recognise it. */
export function makeApiKey(): string {
  const random = randomBytes(RANDOM_BYTES).toString('base64url').replaceAll('-', 'A').replaceAll('_', 'B');
  return `wgl_${random}${checksum(random)}`;
}

export function isWellFormedApiKey(text: string): boolean {
  const [, random = '', given = ''] = /^wgl_([A-Za-z0-9]{32})([0-9a-z]{7})$/.exec(text) ?? [];
  return random !== '' && checksum(random) === given;
}

/** What is stored and asked for; the key itself is nowhere kept. */
export const hashApiKey = (key: string): string => hash('sha256', key, 'hex');

/** The part that lists show. */
export const prefixOfApiKey = (key: string): string => key.slice(0, 12);

const checksum = (text: string) => crc32(text).toString(36).padStart(7, '0');

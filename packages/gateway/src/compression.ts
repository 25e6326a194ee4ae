import type { IncomingMessage } from 'node:http';
import { constants, createGzip, type Gzip } from 'node:zlib';
import type { RawHeaders } from './forwarded-headers.ts';

// The same three lists stand in the rendered nginx configuration.
export const COMPRESSED_TYPES = ['application/json', 'application/problem+json', 'application/yaml', 'text/html', 'text/css', 'text/javascript', 'image/svg+xml'];
export const COMPRESSED_BYTES_MIN = 1_024;
const COMPRESSED_STATUSES = [200, 403, 404];

const GZIP_ACCEPTED = /(?:^|,)\s*gzip\s*(?:$|,|;\s*q=(?:1|0\.0*[1-9]))/i;

/** Whether the answer is one that nginx's gzip module would take. Event streams and NDJSON are not: they go out line by line. */
export function isCompressible({ statusCode = 0, headers }: IncomingMessage): boolean {
  if (!COMPRESSED_STATUSES.includes(statusCode) || headers['content-encoding'] !== undefined) return false;
  const type = headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  const length = Number(headers['content-length'] ?? COMPRESSED_BYTES_MIN);
  return length >= COMPRESSED_BYTES_MIN && COMPRESSED_TYPES.includes(type);
}

export function acceptsGzip({ method, headers }: IncomingMessage): boolean {
  const accepted = headers['accept-encoding'];
  return method !== 'HEAD' && typeof accepted === 'string' && GZIP_ACCEPTED.test(accepted);
}

export function compressedHeaders(raw: RawHeaders): RawHeaders {
  const kept: RawHeaders = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const [name, value] = [raw[index]!, raw[index + 1]!];
    if (['content-length', 'accept-ranges'].includes(name.toLowerCase())) continue;
    // A strong ETag promises these very bytes (RFC 9110 §8.8.1).
    kept.push(name, name.toLowerCase() === 'etag' && !value.startsWith('W/') ? `W/${value}` : value);
  }
  kept.push('Content-Encoding', 'gzip');
  return kept;
}

/** Flushes with every chunk: nothing waits in the gateway. */
export function createCompressor(): Gzip {
  return createGzip({ level: 4, flush: constants.Z_SYNC_FLUSH });
}

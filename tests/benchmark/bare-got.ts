import { Agent } from 'node:http';
import got from 'got';
import { z } from 'zod';

// What deliveries are measured against: got with keep-alive, so many requests in flight, the same body, nothing written anywhere.
const { url, inFlight, seconds, bytes } = z
  .object({ url: z.url(), inFlight: z.coerce.number(), seconds: z.coerce.number(), bytes: z.coerce.number() })
  .parse(Object.fromEntries(['url', 'inFlight', 'seconds', 'bytes'].map((name, index) => [name, process.argv[index + 2]])));

const client = got.extend({ agent: { http: new Agent({ keepAlive: true }) }, retry: { limit: 0 }, followRedirect: false, decompress: false, throwHttpErrors: false });
const body = 'x'.repeat(bytes);
let count = 0;
async function loop(until: number) {
  for (; performance.now() < until; count++) await client.post(url, { headers: { 'content-type': 'application/json' }, body });
}
await Promise.all(Array.from({ length: inFlight }, () => loop(performance.now() + 2_000))); // warm-up
count = 0;
const startedAt = performance.now();
await Promise.all(Array.from({ length: inFlight }, () => loop(startedAt + seconds * 1_000)));
console.log(JSON.stringify({ perSecond: Math.round(count / ((performance.now() - startedAt) / 1_000)) }));

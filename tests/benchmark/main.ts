import { measureBulk } from './bulk.ts';
import { measureInapp } from './inapp.ts';
import { measureInbound } from './inbound.ts';
import { startStack } from './stack.ts';

// `npm run benchmark`: one JSON line per measurement, then the figures that docs/performance.md keeps. SECONDS_EACH shortens it.
const seconds = Number(process.env['SECONDS_EACH'] ?? 15);
const stack = await startStack();
try {
  const inbound = await measureInbound(stack, seconds);
  const inapp = await measureInapp(stack, seconds);
  const bulk = await measureBulk(stack, { lines: Number(process.env['BULK_LINES'] ?? 100_000), seconds });
  console.log(`
synchronous inbound   50/s: p50 ${inbound.at50.p50} ms, p99 ${inbound.at50.p99} ms   100/s: p50 ${inbound.at100.p50} ms, p99 ${inbound.at100.p99} ms
                      32 connections: ${inbound.saturated.perSecond}/s
in-app accept         ${inapp.ours}/s, bare Express and KafkaJS ${inapp.bare}/s, ratio ${inapp.ratio}
bulk lines            ${bulk.alone.donePerSecond}/s; single requests meanwhile: p99 ${bulk.busy.p99} ms, without it ${bulk.quiet.p99} ms`);
} finally {
  stack.stop();
}

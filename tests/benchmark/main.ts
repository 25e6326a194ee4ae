import { measureBulk } from './bulk.ts';
import { measureChannels } from './channels.ts';
import { measureDeliveries } from './deliveries.ts';
import { measureEventLog } from './event-log.ts';
import { measureInapp } from './inapp.ts';
import { measureInbound } from './inbound.ts';
import { measurePortal } from './portal.ts';
import { measureReminders } from './reminders.ts';
import { startStack, type BenchmarkStack } from './stack.ts';

// `npm run benchmark`: one JSON line per measurement, then the figures that docs/performance.md keeps. SECONDS_EACH and BULK_LINES shorten it,
// DELIVERIES, LOG_ROWS (10000000 for the contract's own figure), ONLY=inbound,bulk measures a part,
// BENCHMARK_DIRECTORY=/dev/shm/waggle keeps the stack's files in memory.
const seconds = Number(process.env['SECONDS_EACH'] ?? 15);
const lines = Number(process.env['BULK_LINES'] ?? 100_000);

/** Each answers with the lines of its summary. */
const parts: Record<string, (stack: BenchmarkStack) => Promise<string[]>> = {
  inbound: (stack) => measureInbound(stack, seconds),
  inapp: (stack) => measureInapp(stack, seconds),
  deliveries: (stack) => measureDeliveries(stack, { deliveries: Number(process.env['DELIVERIES'] ?? 20_000), seconds }),
  bulk: (stack) => measureBulk(stack, { lines, seconds }),
  channels: (stack) => measureChannels(stack, seconds),
  'event-log': (stack) => measureEventLog(stack, { rows: Number(process.env['LOG_ROWS'] ?? 1_000_000), events: 150_000, seconds }),
  reminders: (stack) => measureReminders(stack, { reminders: lines }),
  portal: (stack) => measurePortal(stack, { deliveries: 10_000 }),
};

const only = process.env['ONLY']?.split(',') ?? Object.keys(parts);
const unknown = only.filter((name) => parts[name] === undefined);
if (unknown.length > 0) throw new Error(`ONLY: there is no ${unknown.join(', ')}, but ${Object.keys(parts).join(', ')}`);

const stack = await startStack();
try {
  const summary: string[] = [];
  for (const name of only) summary.push(...(await parts[name]?.(stack) ?? []));
  console.log(`\n${summary.join('\n')}`);
} finally {
  stack.stop();
}

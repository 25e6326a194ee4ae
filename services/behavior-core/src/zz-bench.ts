import { openDatabase } from '@waggle/database';
import { toRecord } from '@waggle/kafka';
import { inappEvent } from '@waggle/contracts';
import pg from 'pg';
import { createAwardStore } from './adapters/campaigns/award-store.ts';
import { inappEventHandler } from './consumers/inapp-event.ts';
import { anInappEvent, seedCampaign, walletOf } from '../test/seed-campaign.ts';
const totals = new Map<string, number>();
let last = performance.now();
const original = pg.Client.prototype.query;
pg.Client.prototype.query = function (this: pg.Client, ...args: any[]) {
  if (performance.now() - last > 1e9) last = 0;
  const name = typeof args[0] === 'string' ? args[0] : args[0].name;
  const p = (original as any).apply(this, args);
  const sentAt = performance.now();
  p?.then?.(() => { const t = performance.now(); const from = Math.max(last, sentAt); totals.set(name, (totals.get(name) ?? 0) + t - from); last = t; }, () => {});
  return p;
} as any;
const database = openDatabase({ url: 'postgresql://postgres@127.0.0.1:55432/campaign_dev', connectionsMax: 4, name: 'bench' });
const handler = inappEventHandler({ ...createAwardStore(database.pool), refreshReceipts() {}, wake() {} });
const { campaignId } = await seedCampaign(database.pool, [{ recurrence: 'unlimited' }, { recurrence: 'weekly', max_awards: 1000000 }]);
for (const size of [1000, 1000, 1000]) {
  const batches = Array.from({ length: 5 }, () => Array.from({ length: size }, () => ({ partition: 0, offset: '0', ...toRecord(inappEvent, anInappEvent({ campaign_id: campaignId, wallet: walletOf(Math.floor(Math.random() * 100000)), body: 'x'.repeat(250) })) })));
  totals.clear();
  const t = performance.now(); const cpu = process.cpuUsage();
  for (const b of batches) await handler.handle(b);
  const ms = performance.now() - t;
  const used = process.cpuUsage(cpu);
  console.log(size, Math.round(batches.length * size / ms * 1000), 'events/s', (ms / batches.length).toFixed(1), 'ms per batch', 'cpu ms', (used.user + used.system) / 1000 / batches.length);
  for (const [n, v] of [...totals].sort((a, b) => b[1] - a[1])) console.log('  ', n, (v / batches.length).toFixed(1));
}
await database.pool.query('TRUNCATE outbox');
await database.pool.end();

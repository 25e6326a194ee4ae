import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { summarize } from './load.ts';

const PAGE = Buffer.alloc(8_192, 1);
/** Seldom, so that it is not felt itself. */
const INTERVAL_MS = 100;

/**
 * What a wait for the disk alone takes meanwhile, ms: a page of 8 KiB written and synced in the stack's own directory, as PostgreSQL does at
 * each commit. A synchronous call waits for one at least.
 */
export async function probeDisk(directory: string, seconds: number): Promise<Pick<ReturnType<typeof summarize>, 'p50' | 'p95' | 'p99'>> {
  const path = join(directory, 'probe');
  const file = await open(path, 'w');
  const latenciesMs: number[] = [];
  await file.write(PAGE, 0, PAGE.length, 0);
  const endsAt = performance.now() + seconds * 1_000;
  while (performance.now() < endsAt) {
    await pause(INTERVAL_MS);
    const startedAt = performance.now();
    await file.write(PAGE, 0, PAGE.length, 0);
    await file.datasync();
    latenciesMs.push(performance.now() - startedAt);
  }
  await file.close();
  await rm(path);
  const { p50, p95, p99 } = summarize({ latenciesMs, statuses: {}, seconds });
  return { p50, p95, p99 };
}

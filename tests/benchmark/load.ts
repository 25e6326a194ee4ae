import { performance } from 'node:perf_hooks';
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises';
import { Pool } from 'undici';

export interface HttpRequest {
  path: string;
  headers: Record<string, string>;
  body: string;
}

export interface Result {
  latenciesMs: number[];
  statuses: Record<number, number>;
  seconds: number;
}

/** Gets each answer of 200, and when its request was due. */
type ReadAnswer = (text: string, plannedAt: number) => void;

/** `next` makes requests that are all new, so that every one has an effect. */
export function createLoad(url: string, next: () => HttpRequest) {
  async function send(pool: Pool, result: Result, plannedAt: number, read?: ReadAnswer) {
    const { path, headers, body } = next();
    const { statusCode, body: answer } = await pool.request({ method: 'POST', path, headers, body });
    const text = read === undefined ? await answer.dump() : await answer.text();
    result.latenciesMs.push(performance.now() - plannedAt);
    result.statuses[statusCode] = (result.statuses[statusCode] ?? 0) + 1;
    if (statusCode === 200 && text !== undefined) read?.(text, plannedAt);
  }

  /** Open loop: request n starts at n / rate whatever became of the others, and its latency counts from there. */
  async function atRate(perSecond: number, seconds: number, read?: ReadAnswer): Promise<Result> {
    const pool = new Pool(url, { connections: 128 });
    const result: Result = { latenciesMs: [], statuses: {}, seconds };
    const startedAt = performance.now();
    const requests: Promise<void>[] = [];
    for (let n = 0; n < perSecond * seconds; n++) {
      const plannedAt = startedAt + (n / perSecond) * 1_000;
      await until(plannedAt);
      requests.push(send(pool, result, plannedAt, read));
    }
    await Promise.all(requests);
    await pool.close();
    return result;
  }

  /** Closed loop: as much as goes over that many connections. */
  async function saturate(connections: number, seconds: number): Promise<Result> {
    const pool = new Pool(url, { connections });
    const result: Result = { latenciesMs: [], statuses: {}, seconds };
    const deadline = performance.now() + seconds * 1_000;
    await Promise.all(Array.from({ length: connections }, async () => {
      while (performance.now() < deadline) await send(pool, result, performance.now());
    }));
    await pool.close();
    return result;
  }

  return { atRate, saturate };
}

/** Timers count whole milliseconds, and what they are late by would be counted as latency: the last stretch is polled. No more of it than that, it takes the processor from what is measured. */
async function until(time: number) {
  for (let left = time - performance.now(); left > 0; left = time - performance.now()) {
    await (left > 1.5 ? pause(left - 0.5) : turn());
  }
}

export function summarize({ latenciesMs, statuses, seconds }: Result) {
  const sorted = latenciesMs.toSorted((a, b) => a - b);
  const at = (share: number) => Number(sorted[Math.floor(share * (sorted.length - 1))]?.toFixed(2));
  return { perSecond: Math.round(sorted.length / seconds), p50: at(0.5), p95: at(0.95), p99: at(0.99), statuses };
}

export function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

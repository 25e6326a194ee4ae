import { warnSeldom, type Logger } from '@waggle/runtime';
import type { Response } from 'express';
import type { Redis } from 'ioredis';
import { randomUUID } from 'node:crypto';
import { Counter, type Registry } from 'prom-client';
import type { InstanceCount } from './instance-count.ts';
import { Problem } from './problem.ts';
import { createLocalLimit, createRollingLimit, type Admission } from './rolling-limit.ts';

/** `q` requests in any `windowUs`; the name stands in the RateLimit fields. */
export interface Policy {
  name: string;
  limit: number;
  windowUs: number;
}

export const MINUTE_US = 60_000_000;
export const perMinute = (name: string, limit: number): Policy => ({ name, limit, windowUs: MINUTE_US });

/** Counts one request of `subject`, or refuses it. The limit is given per call, since keys may have their own. */
export type Admit = (subject: string, policy: Policy) => Promise<Admission>;

interface LimitDeps {
  redis: Redis;
  logger: Logger;
  metrics: Registry;
  /** How many instances share a limit while Redis is away: as many as were last seen. */
  instances: Pick<InstanceCount, 'count'>;
}

/** Exact through Redis; while Redis is away each instance allows its share, and no request fails for that. */
export function createLimit({ redis, logger, metrics, instances }: LimitDeps): Admit {
  const exact = createRollingLimit(redis);
  const local = createLocalLimit();
  const fallbacks = new Counter({ name: 'limit_fallback_total', help: 'Requests limited locally because Redis did not answer', registers: [metrics] });
  const warn = warnSeldom(logger, 'limits are kept locally');
  return async (subject, policy) => {
    try {
      return await exact(subject, randomUUID(), policy);
    } catch (error) {
      fallbacks.inc();
      warn(error);
      return local(subject, { ...policy, limit: Math.max(1, Math.floor(policy.limit / instances.count())) });
    }
  };
}

/** Writes the RateLimit fields (IETF draft "RateLimit header fields"). Over the limit it says for how long, in whole seconds. */
export function limitHeaders({ name, limit, windowUs }: Policy, { isAdmitted, remaining, resetUs }: Admission): Record<string, string> {
  const resetSeconds = Math.ceil(resetUs / 1_000_000);
  return {
    'ratelimit-policy': `"${name}";q=${limit};w=${windowUs / 1_000_000}`,
    ratelimit: `"${name}";r=${remaining};t=${resetSeconds}`,
    ...(!isAdmitted && { 'retry-after': String(Math.max(1, resetSeconds)) }),
  };
}

/** Writes the fields; over the limit, throws the 429. */
export function enforceLimit(response: Response, policy: Policy, admission: Admission): void {
  response.set(limitHeaders(policy, admission));
  if (!admission.isAdmitted) throw new Problem('quota_exceeded');
}

import type { Logger, Registry } from '@waggle/runtime';
import { Counter, Gauge } from 'prom-client';
import type { DeliveryResult } from '../adapters/delivery-results.ts';
import type { EndpointPauses } from '../adapters/endpoint-pauses.ts';
import { isUnanswered, UNANSWERED_MAX } from '../domain/breaker.ts';

interface BreakerDeps {
  pauses: Pick<EndpointPauses, 'pause' | 'resume' | 'prolong'>;
  isPaused(endpointId: string): boolean;
  /** So that this instance knows of its own pause before it claims what it hands back. */
  refreshEndpoints(): Promise<void>;
  /** What was leased for it and has not started goes back. */
  handBack(endpointId: string): Promise<void>;
  metrics: BreakerMetrics;
  logger: Logger;
}

interface BreakerMetrics {
  changed(to: 'open' | 'closed'): void;
}

const COUNTED_MAX = 10_000;

export function createBreakerMetrics(registry: Registry, countPaused: () => number): BreakerMetrics {
  const changes = new Counter({ name: 'webhook_breaker_changes_total', help: 'Endpoints that were paused (open) or answer again (closed)', labelNames: ['to'], registers: [registry] });
  registry.registerMetric(
    new Gauge({
      name: 'webhook_endpoints_paused',
      help: 'Endpoints that are left alone because they do not answer, as this instance knows',
      registers: [],
      collect() {
        this.set(countPaused());
      },
    }),
  );
  return { changed: (to) => changes.inc({ to }) };
}

/**
 * Closed: attempts without an answer are counted, by this instance. Open: the endpoint's row says until when it is left alone; what comes
 * waits in the table and uses up no attempt. Then one delivery probes, of one instance: any answer closes, none prolongs.
 */
export function createBreaker({ pauses, isPaused, refreshEndpoints, handBack, metrics, logger }: BreakerDeps) {
  const unanswered = new Map<string, number>();

  async function answered({ delivery: { workspaceId, endpointId: id } }: DeliveryResult): Promise<void> {
    unanswered.delete(id);
    if (!isPaused(id) || !(await pauses.resume({ workspaceId, id }))) return;
    metrics.changed('closed');
    logger.info({ workspace_id: workspaceId, endpoint_id: id }, 'endpoint answers again');
  }

  async function silent({ delivery: { workspaceId, endpointId: id, isProbe }, reason }: DeliveryResult): Promise<void> {
    const what = { workspace_id: workspaceId, endpoint_id: id, error: reason };
    if (isPaused(id)) {
      // What was in flight when the breaker opened says nothing new.
      const until = isProbe ? await pauses.prolong({ workspaceId, id }) : null;
      if (until !== null) logger.warn({ ...what, paused_until: until }, 'endpoint still does not answer, left alone');
      return;
    }
    const count = (unanswered.get(id) ?? 0) + 1;
    if (unanswered.size >= COUNTED_MAX) unanswered.clear();
    unanswered.set(id, count);
    if (count < UNANSWERED_MAX) return;
    unanswered.delete(id);
    const until = await pauses.pause({ workspaceId, id });
    if (until === null) return;
    metrics.changed('open');
    logger.warn({ ...what, paused_until: until, in_row: count }, 'endpoint does not answer, left alone');
    await refreshEndpoints();
    await handBack(id);
  }

  /** Of what was recorded, in its order. */
  return async function observe(results: readonly DeliveryResult[]): Promise<void> {
    for (const result of results) {
      if (result.attempt === null) continue;
      // Only a verdict is lost: the next attempt gives another.
      await (isUnanswered(result.attempt) ? silent(result) : answered(result)).catch((error: unknown) => {
        logger.error({ err: error, endpoint_id: result.delivery.endpointId }, 'breaker cannot be set');
      });
    }
  };
}

import { warnSeldom, type Logger } from '@waggle/runtime';
import { publishInTime, type KafkaRecord } from '@waggle/kafka';
import { deliveryFinished } from '../adapters/delivery-events.ts';
import { isNews, type DeliveryResult, type DeliveryResults } from '../adapters/delivery-results.ts';
import type { UnhealthyEndpoint } from '../adapters/unhealthy-endpoints.ts';

interface ReportDeps {
  record: DeliveryResults['record'];
  publish(records: readonly KafkaRecord[]): Promise<void>;
  /** For the statistics. */
  count(results: readonly DeliveryResult[]): void;
  disable(endpoint: UnhealthyEndpoint): Promise<void>;
  /** For the breaker. */
  observe(results: readonly DeliveryResult[]): Promise<void>;
  /** Tells the outbox relay which keys have something new. */
  wake(keys: readonly string[]): void;
  logger: Logger;
}

const AFTER_FAILURE_MS = 5_000;
/** Less than what a lease has left for recording: a result that comes too late is another attempt. */
const TELL_MS = 500;

/**
 * Records results and tells operators. A success, which is nearly every result, is published before it is recorded, for through the outbox
 * it would cost two rows more; a crash between the two makes it come again under the same id. Whatever Kafka does not take goes through
 * the outbox.
 */
export function createReportResults({ record, publish, count, disable, observe, wake, logger }: ReportDeps) {
  const warn = warnSeldom(logger, 'delivery events go through the outbox');
  const publishSoon = publishInTime(publish, { withinMs: TELL_MS });
  let failedAt = -Infinity;

  async function tell(results: readonly DeliveryResult[]): Promise<Set<DeliveryResult>> {
    const succeeded = results.filter((result) => result.status === 'succeeded' && isNews(result));
    if (succeeded.length === 0 || performance.now() - failedAt < AFTER_FAILURE_MS) return new Set();
    try {
      await publishSoon(succeeded.map((result) => deliveryFinished(result)));
      return new Set(succeeded);
    } catch (error) {
      failedAt = performance.now();
      warn(error);
      return new Set();
    }
  }

  return async function report(results: readonly DeliveryResult[]): Promise<void> {
    const told = await tell(results);
    const unhealthy = await record(results, told);
    count(results);
    await observe(results);
    const untold = results.filter((result) => isNews(result) && !told.has(result));
    if (untold.length > 0) wake([...new Set(untold.map(({ delivery }) => delivery.endpointId))]);
    for (const endpoint of unhealthy) {
      // Its counts stand: the next failure disables it.
      await disable(endpoint).catch((error: unknown) => logger.error({ err: error, endpoint_id: endpoint.id }, 'endpoint cannot be disabled'));
    }
  };
}

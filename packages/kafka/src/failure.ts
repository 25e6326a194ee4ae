import { Unavailable } from '@waggle/runtime';

/** Kafka has not acknowledged. The records may or may not be in the log; sending them again is harmless, since their ids are the same. */
export class BrokerUnavailable extends Unavailable {}

/** KafkaJS marks what may go by itself (no connection, no leader yet, a coordinator that is loading), and wraps it into errors that say it may not. */
export function isBrokersFault(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return ('retriable' in error && error.retriable === true) || isBrokersFault(error.cause);
}

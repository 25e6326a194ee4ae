import { setPatientTimeout } from '@waggle/runtime';
import { BrokerUnavailable } from './failure.ts';
import type { Producer } from './producer.ts';

/** Rejects with `BrokerUnavailable` when Kafka has not acknowledged in time; the records may still arrive there. */
export function publishInTime(publish: Producer['publish'], { withinMs }: { withinMs: number }): Producer['publish'] {
  return (records) => new Promise((resolve, reject) => {
    const timer = setPatientTimeout(() => reject(new BrokerUnavailable(`Kafka has not acknowledged within ${withinMs} ms`)), withinMs);
    const inTime = <Value>(settle: (value: Value) => void) => (value: Value) => {
      clearTimeout(timer);
      settle(value);
    };
    publish(records).then(inTime(resolve), inTime(reject));
  });
}

import type { Producer } from '@waggle/kafka';
import { Unavailable } from '@waggle/runtime';

/** Within the three seconds that a client is promised an answer in. */
const ACKNOWLEDGE_MS = 2_500;

/** Throws Unavailable when Kafka has not acknowledged in time; the records may still arrive there. */
export function publishInTime(publish: Producer['publish']): Producer['publish'] {
  return (records) => new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Unavailable('Kafka has not acknowledged in time')), ACKNOWLEDGE_MS);
    const inTime = <Value>(settle: (value: Value) => void) => (value: Value) => {
      clearTimeout(timer);
      settle(value);
    };
    publish(records).then(inTime(resolve), inTime(reject));
  });
}

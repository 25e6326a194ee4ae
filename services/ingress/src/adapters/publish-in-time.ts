import type { Producer } from '@waggle/kafka';
import { Unavailable } from '@waggle/runtime';

/** Within the three seconds that a client is promised an answer in. */
const ACKNOWLEDGE_MS = 2_500;

/** Throws Unavailable when Kafka has not acknowledged in time; the records may still arrive there. */
export function publishInTime(publish: Producer['publish']): Producer['publish'] {
  return async (records) => {
    const { promise: tooLate, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new Unavailable('Kafka has not acknowledged in time')), ACKNOWLEDGE_MS);
    await Promise.race([publish(records), tooLate]).finally(() => clearTimeout(timer));
  };
}

import { Unavailable } from '@waggle/runtime';

/** Kafka has not acknowledged. The records may or may not be in the log; sending them again is harmless, since their ids are the same. */
export class BrokerUnavailable extends Unavailable {}

import { createRequire } from 'node:module';

/** Of KafkaJS' inner modules: what waits to be sent on one connection. */
interface RequestQueue {
  pending: readonly unknown[];
  /** Sets a timer after which the queue looks again whether something that waits can be sent. */
  scheduleCheckPendingRequests(): void;
}

const { prototype }: { prototype: RequestQueue } = createRequire(import.meta.url)('kafkajs/src/network/requestQueue');
const { scheduleCheckPendingRequests } = prototype;

/**
 * From now on connections of KafkaJS in this process look for requests that wait only while there are some. By itself each looks every
 * millisecond for good (tulios/kafkajs#1704), by a negative delay, of which Node warns. ADR 26 says what that cost.
 */
export function letQueuesRest(): void {
  prototype.scheduleCheckPendingRequests = function scheduleWhereSomethingWaits() {
    if (this.pending.length > 0) scheduleCheckPendingRequests.call(this);
  };
}

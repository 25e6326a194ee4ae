import { createRequire } from 'node:module';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { letQueuesRest } from './kafkajs-request-queue.ts';

const RequestQueue = createRequire(import.meta.url)('kafkajs/src/network/requestQueue');
const logger = { debug() {}, warn() {} };

beforeEach(() => {
  jest.useFakeTimers();
  letQueuesRest();
});
afterEach(() => { jest.useRealTimers(); });

function aQueue({ maxInFlightRequests = 1 } = {}) {
  const queue = new RequestQueue({ maxInFlightRequests, requestTimeout: 1_000, enforceRequestTimeout: false, clientId: 'test', broker: 'localhost:9092', logger });
  const sent: number[] = [];
  const push = (correlationId: number) =>
    queue.push({ entry: { correlationId, apiName: 'Fetch', apiKey: 1, apiVersion: 11, resolve() {}, reject() {} }, expectResponse: true, sendRequest: () => sent.push(correlationId) });
  const answer = (correlationId: number) => queue.fulfillRequest({ correlationId, payload: null, size: 0 });
  return { queue, sent, push, answer };
}

test('a queue in which nothing waits sets no timer', () => {
  const { push, answer, sent } = aQueue();
  push(1);
  answer(1);
  expect(sent).toEqual([1]);
  expect(jest.getTimerCount()).toBe(0);
});

test('what waits for an answer to another goes with it, and leaves no timer behind', () => {
  const { push, answer, sent } = aQueue();
  push(1);
  push(2);
  expect(sent).toEqual([1]);
  answer(1);
  expect(sent).toEqual([1, 2]);
  answer(2);
  jest.advanceTimersByTime(100);
  expect(jest.getTimerCount()).toBe(0);
});

test('what waits because the broker asked for a pause goes after it', () => {
  const { queue, push, sent } = aQueue();
  queue.maybeThrottle(500);
  push(1);
  jest.advanceTimersByTime(400);
  expect(sent).toEqual([]);
  jest.advanceTimersByTime(200);
  expect(sent).toEqual([1]);
  jest.advanceTimersByTime(100);
  expect(jest.getTimerCount()).toBe(0);
});

import { createLogger } from '@waggle/runtime';
import { expect, test } from '@jest/globals';
import type { DeliveryResult } from '../adapters/delivery-results.ts';
import { createReportResults } from './report-results.ts';

const succeeded: DeliveryResult = {
  delivery: {
    workspaceId: 'ws_1', id: 'dlv_1', endpointId: 'whe_1', eventId: 'evt_1', event: 'activity.completed', userId: 'usr_1', body: '{}', attemptCount: 0, attemptsBefore: 0,
    isSingle: false, isTest: false, isReplayed: false, isProbe: false, isOrdered: false, isOver: false, leaseEndsAt: Infinity,
  },
  status: 'succeeded', reason: null, delayMs: null, isGone: false,
  attempt: { number: 1, started_at: '2026-03-28T08:12:44Z', duration_ms: 3, status_code: 200, error: null, response_body: '' },
};

test('a result is recorded also while Kafka says nothing: operators then hear of it through the outbox', async () => {
  const [told, woken]: [number[], string[]] = [[], []];
  const report = createReportResults({
    publish: () => new Promise(() => {}),
    record: async (_results, alreadyTold) => { told.push(alreadyTold.size); return []; },
    count() {}, disable: async () => {}, observe: async () => {}, wake: (keys) => woken.push(...keys), logger: createLogger('test', 'silent'),
  });
  await report([succeeded]);
  await report([succeeded]);
  expect([told, woken]).toEqual([[0, 0], ['whe_1', 'whe_1']]);
});

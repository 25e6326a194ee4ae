import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { RawRecord } from './batch-handler.ts';
import { createOffsetLedger } from './offset-ledger.ts';

const aRecord = (partition: number, offset: number): RawRecord => ({ partition, offset: String(offset), key: 'k', value: '{}', headers: {} });

beforeEach(() => { jest.useFakeTimers(); });
afterEach(() => { jest.useRealTimers(); });

/** `answers`: what ends one commit after the other. */
function aLedger() {
  const [warnings, commits]: [unknown[], string[]] = [[], []];
  const answers: PromiseWithResolvers<void>[] = [];
  const logger = { warn: (...line: unknown[]) => void warnings.push(line) };
  const ledger = createOffsetLedger('t', logger);
  ledger.start((offsets) => {
    commits.push(offsets.map(({ partition, offset }) => `${partition}:${offset}`).join());
    const answer = Promise.withResolvers<void>();
    answers.push(answer);
    return answer.promise;
  });
  return { ledger, warnings, commits, answers };
}

test('one commit is in flight, and what is handled meanwhile follows it', async () => {
  const { ledger, commits, answers } = aLedger();
  ledger.markHandled([aRecord(0, 1)]);
  await jest.advanceTimersByTimeAsync(200);
  ledger.markHandled([aRecord(0, 2)]);
  await jest.advanceTimersByTimeAsync(1_000);
  expect(commits).toEqual(['0:2']);

  const stopped = ledger.stop();
  answers[0]?.resolve();
  await jest.advanceTimersByTimeAsync(0);
  expect(commits).toEqual(['0:2', '0:3']);
  answers[1]?.resolve();
  await stopped;
});

test('while the broker is away a commit is tried again and again, and told of once a second', async () => {
  const { ledger, commits, warnings, answers } = aLedger();
  ledger.markHandled([aRecord(0, 1)]);
  for (let time = 0; time < 2_000; time += 200) {
    await jest.advanceTimersByTimeAsync(200);
    answers.at(-1)?.reject(new Error('away'));
  }
  expect([commits.length, warnings.length]).toEqual([10, 2]);
});

test('what failed is not tried again for a partition that is another\'s meanwhile', async () => {
  const { ledger, commits, answers } = aLedger();
  ledger.markHandled([aRecord(0, 1), aRecord(1, 1)]);
  await jest.advanceTimersByTimeAsync(200);
  ledger.keepOnly([1]);
  answers[0]?.reject(new Error('away'));
  await jest.advanceTimersByTimeAsync(200);
  expect(commits).toEqual(['0:2,1:2', '1:2']);
});

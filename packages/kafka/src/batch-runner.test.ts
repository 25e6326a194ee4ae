import { createLogger, Unavailable } from '@waggle/runtime';
import { expect, test } from '@jest/globals';
import { done, type BatchHandler, type RawRecord } from './batch-handler.ts';
import { createBatchRunner } from './batch-runner.ts';
import type { KafkaRecord } from './record.ts';

const aRecord = (offset: number): RawRecord => ({ partition: 0, offset: String(offset), key: 'k', value: '{}', headers: {} });
const records = [0, 1, 2].map(aRecord);

/** `failures`: what handling a record fails with, one after another; a batch fails with what its first such record fails with. */
function aRunner(failures: Record<string, Error[]>, onPoisoned?: BatchHandler['onPoisoned']) {
  const [dead, handled]: [KafkaRecord[], string[]] = [[], []];
  const handler: BatchHandler = {
    topic: 't',
    async handle(given) {
      for (const { offset } of given) {
        const failure = failures[offset]?.shift();
        if (failure !== undefined) throw failure;
      }
      return given.map(done);
    },
    ...(onPoisoned && { onPoisoned }),
  };
  const run = createBatchRunner('dead', {
    handler, publish: async (letters) => void dead.push(...letters), markHandled: (given) => handled.push(...given.map(({ offset }) => offset)),
    isStopping: () => false, logger: createLogger('test', 'silent'), countDeadLetter() {},
  });
  return { run, handled, offsetsOfDead: () => dead.map(({ headers }) => headers['offset']) };
}
const fault = () => new RangeError('a fault');

test('what is nobody\'s fault is tried again until it works', async () => {
  const { run, handled, offsetsOfDead } = aRunner({ 1: [new Unavailable('away'), new Unavailable('away')] });
  await run(records);
  expect([handled, offsetsOfDead()]).toEqual([['0', '1', '2'], []]);
});

test('of a batch only the record is set aside that fails alone too', async () => {
  const { run, handled, offsetsOfDead } = aRunner({ 1: [fault(), fault()] });
  await run(records);
  expect([handled, offsetsOfDead()]).toEqual([['0', '1', '2'], ['1']]);
});

test('a record that came alone has a second try like any other: it may have met a race', async () => {
  const { run, handled, offsetsOfDead } = aRunner({ 1: [fault()] });
  await run([aRecord(1)]);
  expect([handled, offsetsOfDead()]).toEqual([['1'], []]);
});

test('a record is set aside also when nobody can be told of it, and waits while its keeper is away', async () => {
  const tellings = [new Unavailable('away'), fault()];
  const { run, handled, offsetsOfDead } = aRunner({ 1: [fault(), fault()] }, async () => { throw tellings.shift() ?? new Error('told twice'); });
  await run([aRecord(1)]);
  expect([handled, offsetsOfDead(), tellings]).toEqual([['1'], ['1'], []]);
});

import { expect, test } from '@jest/globals';
import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { BrokerUnavailable } from './failure.ts';
import { publishInTime } from './publish-in-time.ts';

const [NOTHING, PUBLISHED, ACKNOWLEDGED] = [0, 1, 2];
/** Another thread: acknowledges what it is given, and says so in the memory that both share too. */
const BROKER = `
const { parentPort, workerData: state } = require('node:worker_threads');
Atomics.wait(state, 0, ${NOTHING});
parentPort.postMessage('acknowledged');
Atomics.store(state, 0, ${ACKNOWLEDGED});
Atomics.notify(state, 0);`;

test('an acknowledgement that was there in time counts, however late the process comes to read it', async () => {
  const state = new Int32Array(new SharedArrayBuffer(4));
  const broker = new Worker(BROKER, { eval: true, workerData: state });
  await once(broker, 'online');
  // What this turn of the loop is reading would be read to its end: the next one begins with timers.
  await nextTurn();
  const publishing = publishInTime(async () => {
    const acknowledged = once(broker, 'message');
    Atomics.store(state, 0, PUBLISHED);
    Atomics.notify(state, 0);
    await acknowledged;
  }, { withinMs: 50 })([]);
  // This thread reads nothing until it is there, and too late.
  Atomics.wait(state, 0, PUBLISHED);
  const until = performance.now() + 100;
  while (performance.now() < until);
  await expect(publishing).resolves.toBeUndefined();
  await broker.terminate();
});

test('one that does not come is given up', async () => {
  await expect(publishInTime(() => new Promise(() => {}), { withinMs: 20 })([])).rejects.toThrow(BrokerUnavailable);
});

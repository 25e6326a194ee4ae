import { expect, test } from '@jest/globals';
import { startAll, together, type Component } from './component.ts';

function recorder() {
  const log: string[] = [];
  const part = (name: string, { failsToStart = false, failsToStop = false, reason = null as string | null } = {}): Component => ({
    name,
    async start() {
      if (failsToStart) throw new Error(`${name} cannot start`);
      log.push(`+${name}`);
    },
    async stop() {
      log.push(`-${name}`);
      if (failsToStop) throw new Error(`${name} cannot stop`);
    },
    health: () => reason,
  });
  return { log, part };
}

test('parts start in order and stop in reverse', async () => {
  const { log, part } = recorder();
  await (await startAll([part('a'), part('b')]))();
  expect(log).toEqual(['+a', '+b', '-b', '-a']);
});

test('when one cannot start, what was started is stopped', async () => {
  const { log, part } = recorder();
  await expect(startAll([part('a'), part('b', { failsToStart: true })])).rejects.toThrow('b cannot start');
  expect(log).toEqual(['+a', '-a']);
});

test('one that cannot stop does not keep the others from stopping', async () => {
  const { log, part } = recorder();
  const stop = await startAll([part('a'), part('b', { failsToStop: true })]);
  await expect(stop()).rejects.toThrow(AggregateError);
  expect(log).toEqual(['+a', '+b', '-b', '-a']);
});

test('parts that are together start at once, stop together when one of them fails, and are as well as the worst', async () => {
  const { log, part } = recorder();
  const group = together('group', [part('a'), part('b', { failsToStart: true, reason: 'ill' })]);
  expect(group.health()).toBe('ill');
  await expect(group.start(() => {})).rejects.toThrow('b cannot start');
  expect(log).toEqual(['+a', '-a']);
});

import { expect, test } from '@jest/globals';
import { createRemembering, Unanswerable } from './remembering.ts';

/** Lets everything that is ready to run, run. */
const turn = () => new Promise(setImmediate);

/** Somebody who knows, with a clock that the test moves. */
function knower() {
  const state = { now: 0, answers: new Map<string, string>(), isAway: false, asked: [] as string[] };
  const { find } = createRemembering<string>({
    now: () => state.now,
    async ask(key) {
      state.asked.push(key);
      if (state.isAway) throw new Error('away');
      return state.answers.get(key) ?? null;
    },
  });
  return { state, find };
}

test('an answer is asked for once in four and a half seconds, and then again', async () => {
  const { state, find } = knower();
  state.answers.set('k', 'first');
  expect([await find('k'), await find('k')]).toEqual(['first', 'first']);
  state.answers.set('k', 'second');
  state.now = 4_499;
  expect(await find('k')).toBe('first');
  state.now = 5_000;
  expect(await find('k')).toBe('second');
  expect(state.asked).toHaveLength(2);
});

test('what is not there is not remembered: once made, it works at once', async () => {
  const { state, find } = knower();
  expect(await find('k')).toBeNull();
  state.answers.set('k', 'made');
  expect(await find('k')).toBe('made');
});

test('what was revoked is forgotten', async () => {
  const { state, find } = knower();
  state.answers.set('k', 'v');
  await find('k');
  state.answers.delete('k');
  state.now = 5_000;
  expect(await find('k')).toBeNull();
  state.isAway = true;
  await expect(find('k')).rejects.toThrow(Unanswerable);
});

test('an answer that is not enough is asked for again although it is fresh', async () => {
  const { state, find } = knower();
  state.answers.set('k', 'a');
  await find('k');
  state.answers.set('k', 'a,b');
  expect(await find('k', (value) => value.includes('b'))).toBe('a,b');
});

test('while nobody answers, what is remembered counts for an hour, and what is not cannot be said', async () => {
  const { state, find } = knower();
  state.answers.set('k', 'v');
  await find('k');
  state.isAway = true;
  state.now = 3_599_999;
  expect(await find('k')).toBe('v');
  state.now = 3_600_000;
  await expect(find('k')).rejects.toThrow(Unanswerable);
  await expect(find('other')).rejects.toThrow(Unanswerable);
});

test('one who hangs costs one request its time-out, and is asked beside the others once a second', async () => {
  const state = { now: 0, questions: [] as PromiseWithResolvers<string | null>[] };
  const { find } = createRemembering<string>({
    now: () => state.now,
    ask() {
      const question = Promise.withResolvers<string | null>();
      state.questions.push(question);
      return question.promise;
    },
  });
  const first = find('k');
  state.questions[0]!.resolve('v');
  await first;
  state.now = 5_000;
  const waiting = find('k');
  state.questions[1]!.reject(new Error('timed out'));
  expect(await waiting).toBe('v');

  expect([await find('k'), await find('k')]).toEqual(['v', 'v']);
  expect(state.questions).toHaveLength(2);
  state.now = 6_000;
  expect([await find('k'), await find('k')]).toEqual(['v', 'v']);
  expect(state.questions).toHaveLength(3);
  // It is back, and the key was revoked meanwhile.
  state.questions[2]!.resolve(null);
  await turn();
  const afterwards = find('k');
  state.questions[3]!.resolve(null);
  expect(await afterwards).toBeNull();
});

test('a question that found nobody long ago is no reason not to wait for the next', async () => {
  const { state, find } = knower();
  state.answers.set('k', 'v');
  await find('k');
  state.isAway = true;
  state.now = 5_000;
  expect(await find('k')).toBe('v');
  state.isAway = false;
  state.answers.delete('k');
  state.now = 10_000;
  expect(await find('k')).toBeNull();
});

test('many who ask at once cause one question', async () => {
  const { state, find } = knower();
  state.answers.set('k', 'v');
  await Promise.all(Array.from({ length: 20 }, () => find('k')));
  expect(state.asked).toEqual(['k']);
});

/** Questions that the test answers by hand. */
function slowKnower() {
  const state = { now: 0, questions: [] as ((value: string | null) => void)[] };
  const ask = () => new Promise<string | null>((resolve) => { state.questions.push(resolve); });
  return { state, ...createRemembering<string>({ now: () => state.now, ask }) };
}

test('they count from the question, since the answer may be as old as that', async () => {
  const { state, find } = slowKnower();
  const first = find('k');
  state.now = 900;
  state.questions[0]!('v');
  expect(await first).toBe('v');
  state.now = 5_000;
  const second = find('k');
  expect(state.questions).toHaveLength(2);
  state.questions[1]!(null);
  expect(await second).toBeNull();
});

test.each([{ early: null }, { early: 'a' }])('whoever comes while a question is under way asks again if its answer ($early) is not enough', async ({ early }) => {
  const { state, find } = slowKnower();
  const first = find('k');
  const second = find('k', (value) => value.includes('b'));
  const third = find('k', (value) => value.includes('b'));
  state.questions[0]!(early);
  expect(await first).toBe(early);
  while (state.questions.length < 2) await Promise.resolve();
  state.questions[1]!('a,b');
  expect(await Promise.all([second, third])).toEqual(['a,b', 'a,b']);
  expect(state.questions).toHaveLength(2);
});

test('unknown keys cause 200 questions a second at most, and known ones are not concerned', async () => {
  const { state, find } = knower();
  state.answers.set('k', 'v');
  await find('k');
  state.now = 1_000;
  const outcomes = await Promise.allSettled(Array.from({ length: 250 }, (_, index) => find(`unknown-${index}`)));
  expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(50);
  expect(await find('k')).toBe('v');
  state.now = 2_000;
  expect(await find('unknown-again')).toBeNull();
});

import { expect, test } from '@jest/globals';
import { createPlaces } from './places.ts';
import { Problem } from './problem.ts';

const of = (workspaceId: string) => ({ workspaceId });
const aRoom = () => createPlaces({ max: 8, name: 'exports', retryAfterSeconds: 10 });

function refusalOf(check: () => void): unknown {
  try {
    return check();
  } catch (error) {
    return error instanceof Problem ? [error.code, error.message] : error;
  }
}

test('one workspace gets a quarter, and what it has more of keeps nobody else out', () => {
  const places = aRoom();
  const first = places.take(of('ws_1'));
  places.take(of('ws_1'));
  expect(refusalOf(() => places.check(of('ws_1')))).toEqual(['unavailable', 'Too many exports of this workspace at once: an instance takes 2 of one workspace']);
  expect(refusalOf(() => places.check(of('ws_2')))).toBeUndefined();
  first();
  expect(refusalOf(() => places.check(of('ws_1')))).toBeUndefined();
});

test('all together get no more than there are', () => {
  const places = aRoom();
  for (let count = 0; count < 8; count++) places.take(of(`ws_${count}`));
  expect(refusalOf(() => places.check(of('ws_9')))).toEqual(['unavailable', 'Too many exports at once in this instance']);
});

test('of few places there is still one for each', () => {
  const places = createPlaces({ max: 1, name: 'exports', retryAfterSeconds: 10 });
  expect(refusalOf(() => places.check(of('ws_1')))).toBeUndefined();
});

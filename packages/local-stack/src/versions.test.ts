import { expect, test } from '@jest/globals';
import { isAtLeast, parseVersion } from './versions.ts';

test.each([
  ['postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)', [15, 18]],
  ['7.0.15', [7, 0, 15]],
  ['17', [17]],
  ['no version', null],
])('%s is read as %j', (text, version) => {
  expect(parseVersion(text)).toEqual(version);
});

test.each([
  { version: [15, 18], floor: [15], isEnough: true },
  { version: [6, 2], floor: [6, 2], isEnough: true },
  { version: [6, 0, 16], floor: [6, 2], isEnough: false },
  { version: [10, 0], floor: [6, 2], isEnough: true },
  { version: [4], floor: [4, 1], isEnough: false },
])('$version for $floor: $isEnough', ({ version, floor, isEnough }) => {
  expect(isAtLeast(version, floor)).toBe(isEnough);
});

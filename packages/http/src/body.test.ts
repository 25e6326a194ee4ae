import { expect, test } from '@jest/globals';
import { isJsonType, parseJson } from './body.ts';

const bytes = (text: string) => Buffer.from(text);

test('JSON comes with the exact text it was read from', () => {
  expect(parseJson(bytes('{ "a" : "ü" }'))).toEqual({ text: '{ "a" : "ü" }', value: { a: 'ü' } });
});

test.each([
  { given: bytes('{"a":'), description: 'broken syntax' },
  { given: bytes(''), description: 'nothing' },
  { given: Buffer.from([0x22, 0xc3, 0x28, 0x22]), description: 'bytes that are not UTF-8' },
  { given: bytes(`${'['.repeat(65)}${']'.repeat(65)}`), description: '65 levels' },
  { given: bytes('\uFEFF{}'), description: 'a byte order mark' },
])('$description is refused', ({ given }) => {
  expect(() => parseJson(given)).toThrow(expect.objectContaining({ code: 'malformed_json' }));
});

test('brackets inside strings are no nesting', () => {
  expect(parseJson(bytes(JSON.stringify(`${'['.repeat(100)}\\"${'{'.repeat(100)}`))).value).toHaveLength(202);
  expect(parseJson(bytes(`${'['.repeat(64)}${']'.repeat(64)}`)).value).toBeInstanceOf(Array);
});

test.each([
  ['application/json', true], ['application/json; charset=utf-8', true], ['APPLICATION/JSON', true],
  ['application/json-patch+json', false], ['text/json', false], [undefined, false],
])('%s is JSON: %s', (type, expected) => {
  expect(isJsonType(type)).toBe(expected);
});

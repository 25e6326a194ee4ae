import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PROBLEMS } from '@waggle/contracts';
import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { parseBody, problemBody } from './problem.ts';

test.each(Object.keys(PROBLEMS))('the code %s has a page that says what to do', (code) => {
  expect(existsSync(join(import.meta.dirname, '../../../docs/problems', `${code}.md`))).toBe(true);
});

test('each fault is named by the path of its field, an unknown field too', () => {
  const schema = z.strictObject({ name: z.string(), user: z.strictObject({ age: z.int() }) });
  const parse = () => parseBody(schema, { name: 1, user: { age: 1.5, size: 2 }, colour: 'red' });
  const errors = ['name', 'user.age', 'user.size', 'colour'].map((path) => ({ path, message: expect.any(String) }));
  expect(parse).toThrow(expect.objectContaining({ code: 'validation_failed', extras: { errors } }));
});

test('a problem has the members of RFC 9457 and a type that can be opened', () => {
  expect(problemBody('https://waggle.example', 'not_found', { instance: 'req_1' })).toEqual({
    type: 'https://waggle.example/docs/problems/not_found', title: 'There is no such thing', status: 404, detail: 'There is no such thing', instance: 'req_1', code: 'not_found',
    errors: undefined,
  });
});

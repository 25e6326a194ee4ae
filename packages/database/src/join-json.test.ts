import { expect, test } from '@jest/globals';
import { classifyFailure } from './failure.ts';
import { joinJson } from './join-json.ts';

test('a text that is no JSON is a fault of ours and not the state of the database, which would be waited for without end', async () => {
  const failure: unknown = await Promise.try(() => joinJson(['1', '2\u001f'])).catch((error: unknown) => error);
  expect(String(failure)).toContain('is no JSON');
  expect(classifyFailure(failure)).toBe(failure);
});

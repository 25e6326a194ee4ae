import { expect, test } from '@jest/globals';
import { errorOf, type AttemptResult } from '../attempt-result.ts';
import { readAnswer } from './service-answer.ts';

const answered = (statusCode: number, responseBody: string): AttemptResult => ({ statusCode, failure: null, retryAfter: null, responseBody });

test.each([
  { description: 'Telegram took it', body: '{"ok":true,"result":{"message_id":1}}', error: null },
  { description: 'Telegram did not take it', body: '{"ok":false,"description":"Bad Request"}', error: 'not_ok' },
  { description: 'a stand-in says so by status alone', body: 'ok', error: null },
  { description: 'a stand-in says nothing', body: '', error: null },
  { description: 'the answer is longer than is read', body: '{"ok":true,"result":{"text":"', error: null },
])('200 with $body: $description', ({ body, error }) => {
  expect(errorOf(readAnswer('telegram', answered(200, body)))).toBe(error);
});

test('a pause that Telegram asks for in the body counts, in whole seconds', () => {
  expect(readAnswer('telegram', answered(429, '{"ok":false,"parameters":{"retry_after":2.5}}'))).toMatchObject({ statusCode: 429, retryAfter: '3' });
});

test('what others write into a body means nothing', () => {
  expect(errorOf(readAnswer('slack', answered(200, '{"ok":false}')))).toBeNull();
});

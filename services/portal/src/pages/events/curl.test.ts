import { expect, test } from '@jest/globals';
import { curlFor } from './curl.ts';

test('what is asked stands in the command, the key does not', () => {
  expect(curlFor('https://waggle.example', '/v1/events', { user_id: 'usr_1', event: 'activity.*', since: undefined })).toBe(
    `curl -H "Authorization: Bearer $WAGGLE_KEY" 'https://waggle.example/v1/events?user_id=usr_1&event=activity.*'`,
  );
});

test('nothing in an address ends the quotes', () => {
  expect(curlFor("https://x.example/it's", '/')).toBe(`curl -H "Authorization: Bearer $WAGGLE_KEY" 'https://x.example/it'\\''s/'`);
});

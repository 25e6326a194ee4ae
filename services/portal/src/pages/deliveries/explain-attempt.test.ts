import { expect, test } from '@jest/globals';
import { explainAttempt } from './explain-attempt.ts';

test.each([
  { description: 'another success is none', status_code: 201, error: 'status_201', words: /Only exactly 200/ },
  { description: 'a redirect is not followed', status_code: 302, error: 'status_302', words: /not followed/ },
  { description: 'a refusal hints at the signature', status_code: 401, error: 'status_401', words: /raw body/ },
  { description: 'a failure points to the receiver’s logs', status_code: 500, error: 'status_500', words: /X-Buffy-Delivery/ },
  { description: 'a cut answer is told from a good one', status_code: 200, error: 'body_cut', words: /broke off/ },
  { description: 'silence', status_code: null, error: 'timeout', words: /five seconds/ },
  { description: 'nobody there', status_code: null, error: 'connection_refused', words: /Nothing listens/ },
  { description: 'a word of tomorrow', status_code: null, error: 'odd', words: /\(odd\)/ },
])('$description', ({ words, ...attempt }) => {
  expect(explainAttempt(attempt)).toMatch(words);
});

import { expect, test } from '@jest/globals';
import { judgeUrl } from './endpoint-url.ts';

test.each([
  { description: 'nothing yet', text: '', fault: null, warning: null },
  { description: 'a public https URL', text: 'https://api.example.com/hooks?x=1', fault: null, warning: null },
  { description: 'blanks around it', text: '  https://example.com ', fault: null, warning: null },
  { description: 'a half-typed scheme', text: 'http', fault: /https:\/\//, warning: null },
  { description: 'no host', text: 'https://', fault: /not a URL/, warning: null },
  { description: 'another scheme', text: 'ftp://example.com', fault: /Only https/, warning: null },
  { description: 'a password', text: 'https://me:secret@example.com', fault: /custom header/, warning: null },
  { description: 'plain http', text: 'http://example.com', fault: null, warning: /development/ },
  { description: 'this machine', text: 'https://localhost:9000', fault: null, warning: /not public/ },
  { description: 'a private network', text: 'https://192.168.1.4', fault: null, warning: /not public/ },
  { description: 'too long a text', text: `https://example.com/${'x'.repeat(2_048)}`, fault: /2048/, warning: null },
])('$description', ({ text, fault, warning }) => {
  const verdict = judgeUrl(text);
  expect(verdict).toEqual({ fault: fault === null ? null : expect.stringMatching(fault), warning: warning === null ? null : expect.stringMatching(warning) });
});

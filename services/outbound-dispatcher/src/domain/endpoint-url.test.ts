import { expect, test } from '@jest/globals';
import { judgeEndpointUrl } from './endpoint-url.ts';

const isPublic = (address: string) => address === '93.184.215.14';
const judge = (text: string, allowsInsecure = false) => judgeEndpointUrl(text, { allowsInsecure, isAllowedAddress: isPublic });

test.each([
  { description: 'a name', text: 'https://hooks.example.com/in?x=1', url: 'https://hooks.example.com/in?x=1', hostname: 'hooks.example.com' },
  { description: 'a public address', text: 'https://93.184.215.14:8443/', url: 'https://93.184.215.14:8443/', hostname: null },
  { description: 'a fragment, which is dropped', text: 'https://a.example/#part', url: 'https://a.example/', hostname: 'a.example' },
  { description: 'a name in capitals and another script', text: 'https://BÜCHER.example', url: 'https://xn--bcher-kva.example/', hostname: 'xn--bcher-kva.example' },
])('allowed: $description', ({ text, url, hostname }) => {
  expect(judge(text)).toEqual({ url, hostname });
});

test.each([
  { description: 'no URL', text: 'hooks' },
  { description: 'http', text: 'http://a.example/' },
  { description: 'another scheme', text: 'ftp://a.example/' },
  { description: 'user info', text: 'https://me:secret@a.example/' },
  { description: 'an empty password', text: 'https://me@a.example/' },
  { description: 'loopback', text: 'https://127.0.0.1/' },
  { description: 'short', text: 'https://127.1/' },
  { description: 'decimal', text: 'https://2130706433/' },
  { description: 'hex', text: 'https://0x7f000001/' },
  { description: 'octal', text: 'https://0177.0.0.1/' },
  { description: 'full-width digits', text: 'https://１２７.0.0.1/' },
  { description: 'a trailing dot', text: 'https://127.0.0.1./' },
  { description: 'percent-encoded', text: 'https://%31%32%37.0.0.1/' },
  { description: 'IPv6 loopback', text: 'https://[::1]/' },
  { description: 'IPv4-mapped', text: 'https://[::ffff:127.0.0.1]/' },
  { description: 'a zone id', text: 'https://[fe80::1%25eth0]/' },
  { description: 'too long once encoded', text: `https://a.example/${'ü'.repeat(700)}` },
])('refused: $description', ({ text }) => {
  expect(judge(text)).toHaveProperty('refusal');
});

test('http is allowed where the setting says so, and nothing else is', () => {
  expect(judge('http://a.example/', true)).toHaveProperty('url');
  expect(judge('http://127.0.0.1/', true)).toHaveProperty('refusal');
});

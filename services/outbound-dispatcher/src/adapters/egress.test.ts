import { describe, expect, test } from '@jest/globals';
import { createEgress } from './egress.ts';
import type { LookupAll } from './shared-lookup.ts';

const strict = createEgress({ exceptions: [], timeoutMs: 500 });

test.each([
  '0.0.0.0', '0.1.2.3', '10.0.0.1', '100.64.0.1', '100.127.255.255', '127.0.0.1', '127.255.255.254', '169.254.169.254', '172.16.0.1', '172.31.255.255', '192.0.0.1', '192.0.2.1',
  '192.88.99.1', '192.168.1.1', '198.18.0.1', '198.19.255.255', '198.51.100.1', '203.0.113.1', '224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255',
  '::', '::1', '::ffff:8.8.8.8', '::8.8.8.8', '64:ff9b::808:808', '64:ff9b:1::1', '100::1', '2001::1', '2001:2::1', '2001:10::1', '2001:20::1', '2001:db8::1', '2002:808:808::1',
  '2620:4f:8000::1', '3fff::1', '4000::1', '5f00::1', 'fc00::1', 'fd00::1', 'fe80::1', 'fe80::1%eth0', '2606:4700::1%eth0', 'fec0::1', 'ff02::1', '127.1', '2130706433', 'localhost', '',
])('%s is not allowed', (address) => {
  expect(strict.isAllowed(address)).toBe(false);
});

test.each(['1.1.1.1', '9.255.255.255', '11.0.0.0', '100.63.255.255', '100.128.0.0', '172.15.255.255', '172.32.0.0', '223.255.255.255', '2606:4700:4700::1111', '2001:4860:4860::8888', '2a00:1450::1'])(
  '%s is allowed', (address) => {
    expect(strict.isAllowed(address)).toBe(true);
  },
);

test('exceptions are exact: neither a neighbour, nor another family, nor a mapped form', () => {
  const { isAllowed } = createEgress({ exceptions: ['10.1.0.0/16', '192.168.7.7', 'fd00:1::/32', '::1'], timeoutMs: 500 });
  expect(['10.1.0.1', '10.1.255.255', '192.168.7.7', 'fd00:1::5', '::1'].map(isAllowed)).toEqual([true, true, true, true, true]);
  expect(['10.0.255.255', '10.2.0.0', '192.168.7.8', 'fd00:2::1', '::2', '::ffff:10.1.0.1', '127.0.0.1'].map(isAllowed)).toEqual(Array(7).fill(false));
});

describe('a name', () => {
  /** A name server whose answers are given by hand. */
  function aNameServer() {
    const questions: { hostname: string; answer(...addresses: string[]): void }[] = [];
    const lookup: LookupAll = (hostname, _options, done) => {
      questions.push({ hostname, answer: (...addresses) => done(null, addresses.map((address) => ({ address, family: 4 }))) });
    };
    return { questions, ...createEgress({ exceptions: [], timeoutMs: 500, lookup }) };
  }

  test('is asked for once by all who want it meanwhile, and holds up no other', async () => {
    const { questions, mayReach } = aNameServer();
    const all = [mayReach('dead.example'), mayReach('dead.example'), mayReach('dead.example'), mayReach('other.example')];
    expect(questions.map(({ hostname }) => hostname)).toEqual(['dead.example', 'other.example']);
    for (const { answer } of questions) answer('10.0.0.1');
    expect(await Promise.all(all)).toEqual([false, false, false, false]);
  });

  test('is asked for anew at the next connection: what it is changed to is judged again', async () => {
    const { questions, mayReach } = aNameServer();
    const first = mayReach('rebound.example');
    questions[0]?.answer('1.1.1.1');
    expect(await first).toBe(true);
    const second = mayReach('rebound.example');
    questions[1]?.answer('127.0.0.1');
    expect(await second).toBe(false);
  });
});

import { expect, test } from '@jest/globals';
import { createSealedBox, encryptionKeys } from './sealed-box.ts';

const key = (id: string, byte: number) => `${id}:${Buffer.alloc(32, byte).toString('base64')}`;
const boxOf = (...keys: string[]) => createSealedBox(encryptionKeys.parse(keys.join(',')));

test('a sealed secret opens for its owner and for nobody else', () => {
  const box = boxOf(key('k1', 1));
  const sealed = box.seal('whsec_abc', 'whe_1');
  expect(sealed).not.toContain('abc');
  expect(box.open(sealed, 'whe_1')).toBe('whsec_abc');
  expect(() => box.open(sealed, 'whe_2')).toThrow();
});

test('after a rotation the old key still opens and the new one seals', () => {
  const sealed = boxOf(key('k1', 1)).seal('secret', 'a');
  const rotated = boxOf(key('k2', 2), key('k1', 1));
  expect(rotated.open(sealed, 'a')).toBe('secret');
  expect(rotated.seal('secret', 'a')).toMatch(/^k2\./);
  expect(() => boxOf(key('k2', 2)).open(sealed, 'a')).toThrow('No encryption key "k1"');
});

test.each(['k1:short', ':AAAA', 'nothing'])('%s is refused as a key', (text) => {
  expect(encryptionKeys.safeParse(text).success).toBe(false);
});

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { openSecrets } from './secrets.ts';

const directory = mkdtempSync(join(tmpdir(), 'waggle-secrets-'));
afterAll(() => rmSync(directory, { recursive: true }));

test('secrets are made once and stay', () => {
  const file = join(directory, 'made.json');
  const made = openSecrets(file);
  expect(openSecrets(file)).toEqual(made);
});

test('a secret that is missing is made, the others stay, also such as this release does not know', () => {
  const file = join(directory, 'older.json');
  writeFileSync(file, JSON.stringify({ encryptionKeys: 'k1:mine', ofALaterRelease: 'x' }));
  const { encryptionKeys, internalToken } = openSecrets(file);
  expect(encryptionKeys).toBe('k1:mine');
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ encryptionKeys: 'k1:mine', internalToken, ofALaterRelease: 'x' });
});

test.each([
  ['is no JSON', '{ "encryptionKeys": "k1:mine", }'],
  ['is empty', ''],
  ['is null', 'null'],
  ['holds what is no secret', '{ "encryptionKeys": "" }'],
])('a file that %s is named and left as it is', (_description, text) => {
  const file = join(directory, 'typo.json');
  writeFileSync(file, text);
  expect(() => openSecrets(file)).toThrow(file);
  expect(readFileSync(file, 'utf8')).toBe(text);
});

test('what cannot be read is not taken for missing', () => {
  const file = join(directory, 'folder.json');
  mkdirSync(file);
  expect(() => openSecrets(file)).toThrow(`${file} cannot be read`);
});

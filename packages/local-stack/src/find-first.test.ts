import { expect, test } from '@jest/globals';
import { findFirst, UnfitServer, type Source } from './find-first.ts';

const need = { what: 'PostgreSQL 15 or newer', advice: 'install it' };
const has = (name: string): Source<{ from: string }> => ({ name, find: async () => ({ from: name }) });
const lacks = (name: string, missing: string): Source<{ from: string }> => ({ name, find: async () => ({ missing }) });
const breaks = (name: string, error: Error): Source<{ from: string }> => ({ name, find: () => Promise.reject(error) });

test('the first source that has it is taken, and the later ones are not asked', async () => {
  const asked: string[] = [];
  const watched = (source: Source<{ from: string }>) => ({ ...source, find: () => (asked.push(source.name), source.find()) });
  const sources = [lacks('an address', 'not set'), has('a binary'), has('a package')].map(watched);
  expect(await findFirst(need, sources)).toEqual({ from: 'a binary' });
  expect(asked).toEqual(['an address', 'a binary']);
});

test('a source that breaks is one that does not have it', async () => {
  expect(await findFirst(need, [breaks('a package', new Error('no network')), has('Docker')])).toEqual({ from: 'Docker' });
});

test('if nobody has it, one error names what is needed, what each source lacked, and what to do', async () => {
  const sources = [
    lacks('an address in POSTGRES_URL', 'not set'),
    lacks('a binary', 'found only 13.4 in /usr/bin'),
    breaks('a package', new Error('no network')),
  ];
  await expect(findFirst(need, sources)).rejects.toThrow(
    [
      'PostgreSQL 15 or newer is needed and was not found:',
      '  - an address in POSTGRES_URL: not set',
      '  - a binary: found only 13.4 in /usr/bin',
      '  - a package: no network',
      'What to do: install it',
    ].join('\n'),
  );
});

test('a server that was named and is unfit ends the search: no other is taken in its place', async () => {
  const unfit = new UnfitServer('POSTGRES_URL leads to PostgreSQL 13.4; 15 or newer is needed');
  await expect(findFirst(need, [breaks('an address', unfit), has('a binary')])).rejects.toThrow(unfit);
});

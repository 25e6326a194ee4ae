import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';

const ROOT = join(import.meta.dirname, '../../..');
const pages = ['README.md', 'CONTRIBUTING.md', ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`)];

// An ADR tells of the day on which it was written.
test.each(pages.filter((page) => !page.startsWith('docs/adr/')))('every file that %s names is there', (page) => {
  const text = readFileSync(join(ROOT, page), 'utf8');
  const named = [...text.matchAll(/`((?:services|packages|infra|scripts|docs|tests)\/[\w./-]+)`/g)].map(([, path = '']) => path).filter((path) => !path.includes('NNNN')).map((path) => join(ROOT, path));
  const linked = [...text.matchAll(/\]\((?!https?:|#|\/)([^)#\s]+)(?:#[^)]*)?\)/g)].map(([, path = '']) => join(ROOT, dirname(page), path));
  expect([...named, ...linked].filter((path) => !existsSync(path))).toEqual([]);
});

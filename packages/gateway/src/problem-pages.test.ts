import { readdirSync, readFileSync } from 'node:fs';
import { PROBLEMS } from '@waggle/contracts';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { PAGE_HEADERS, renderProblemPages, type Pages } from './problem-pages.ts';

const folder = new URL('../../../docs/problems/', import.meta.url);
let pages: Pages;
beforeAll(() => {
  pages = renderProblemPages();
});

test('every code has a file, and every file is of a code', () => {
  expect(readdirSync(folder).toSorted()).toEqual(Object.keys(PROBLEMS).map((code) => `${code}.md`).toSorted());
});

describe.each(Object.entries(PROBLEMS))('%s', (code, [status, title]) => {
  test('has a page that begins with its status, its name and its title', () => {
    expect(readFileSync(new URL(`${code}.md`, folder), 'utf8')).toMatch(new RegExp(`^# ${status} \`${code}\`: ${title}\n\n\\S`));
    expect(pages.get(`/docs/problems/${code}`)).toContain(`<h1>${status} <code>${code}</code>: ${title}</h1>`);
  });

  test('is in the index', () => {
    expect(pages.get('/docs/problems')).toContain(`<a href="problems/${code}">`);
  });
});

test('a code without a file is an error at the start', () => {
  expect(() => renderProblemPages(new URL('nowhere/', folder))).toThrow('ENOENT');
});

test('what a page shows is what its policy allows: one style, no script, nothing fetched', () => {
  for (const html of pages.values()) {
    expect(html.match(/<style>/g)).toHaveLength(1);
    expect(html).not.toMatch(/<script|<img|<link|<form|<iframe| style=| on[a-z]+=/);
  }
  expect(PAGE_HEADERS['Content-Security-Policy']).toMatch(/^default-src 'none'; style-src 'sha256-[A-Za-z0-9+/]{43}='; base-uri 'none'/);
});

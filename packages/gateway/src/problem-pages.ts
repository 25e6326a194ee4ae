import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { PROBLEMS, type ProblemCode } from '@waggle/contracts';
import { marked } from 'marked';
import type { FindStatic } from './static-file.ts';

/** Path → HTML. */
export type Pages = ReadonlyMap<string, string>;

const INDEX = '/docs/problems';
const STYLE = [
  ':root { color-scheme: light dark; font: 1rem/1.6 system-ui, sans-serif }',
  'body { max-width: 44rem; margin: 3rem auto; padding: 0 1rem }',
  'h1 { font-size: 1.6rem; line-height: 1.3 }',
  'code { font: 0.9em ui-monospace, monospace; padding: 0.1em 0.3em; border-radius: 0.2em; background: rgb(128 128 128 / 15%) }',
  'pre { overflow-x: auto; padding: 0.8rem; background: rgb(128 128 128 / 15%) }',
  'pre code { padding: 0; background: none }',
  'table { border-collapse: collapse }',
  'td, th { padding: 0.3rem 1rem 0.3rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid rgb(128 128 128 / 30%) }',
  'nav { margin-top: 3rem }',
].join('\n');

const styleHash = createHash('sha256').update(STYLE).digest('base64');

/** No script, no form, no frame, nothing fetched: of all that a page may have, these have one style. */
export const PAGE_HEADERS = {
  'Cache-Control': 'max-age=300',
  'Content-Security-Policy': `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  'X-Content-Type-Options': 'nosniff',
};

export function serveProblemPages(pages: Pages): FindStatic {
  const files = new Map([...pages].map(([path, html]) => [path, { body: Buffer.from(html), type: 'text/html', headers: PAGE_HEADERS }]));
  return (path) => files.get(path);
}

/** Where the `type` of a problem leads: a page for each code, and an index. Throws when a code has no file. */
export function renderProblemPages(folder = new URL('../../../docs/problems/', import.meta.url)): Pages {
  const codes = Object.keys(PROBLEMS);
  const pages = codes.map((code) => {
    const markdown = readFileSync(new URL(`${code}.md`, folder), 'utf8');
    return [`${INDEX}/${code}`, toHtml(code, `${markdown}\n<nav><a href="../problems">All problems</a></nav>\n`)] as const;
  });
  return new Map([[INDEX, toHtml('Problems', indexMarkdown())], ...pages]);
}

function indexMarkdown(): string {
  // Links are relative: a public URL may have a path of its own.
  const row = ([code, [status, title]]: [string, (typeof PROBLEMS)[ProblemCode]]) => `| ${status} | [\`${code}\`](problems/${code}) | ${title} |`;
  return [
    '# Problems',
    '',
    'An error is answered as `application/problem+json` (RFC 9457). Programs go by its `code`; its `type` leads here.',
    '',
    '| status | code | |',
    '|---|---|---|',
    ...Object.entries(PROBLEMS).map(row),
  ].join('\n');
}

function toHtml(title: string, markdown: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Waggle</title>
<style>${STYLE}</style>
</head>
<body>
${marked.parse(markdown, { async: false })}</body>
</html>
`;
}

import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';
import type { FindStatic } from './static-file.ts';

/** Path → content. */
export type Reference = ReadonlyMap<string, Buffer>;

export const REFERENCE_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html', '.css': 'text/css', '.js': 'text/javascript', '.json': 'application/json', '.yaml': 'application/yaml', '.png': 'image/png',
};

/** All of it comes from here: no CDN, no inline script, and the page asks nobody but this gateway. */
export const REFERENCE_HEADERS = {
  'Cache-Control': 'max-age=300',
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
};

const DOCS = join(import.meta.dirname, '../../../docs');
const FROM_SWAGGER_UI = ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'];

/** `/docs`, the reference of the API, with the generated documents behind it. Throws when one is missing. */
export function readReference(): Reference {
  const swaggerUi = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  const documents = ['openapi.json', 'asyncapi.yaml', ...readdirSync(join(DOCS, 'schemas')).map((name) => `schemas/${name}`)];
  return new Map([
    ['/docs', Buffer.from(PAGE)],
    ['/docs/reference/start.js', Buffer.from(START)],
    ['/docs/reference/page.css', Buffer.from(STYLE)],
    ...FROM_SWAGGER_UI.map((name) => [`/docs/reference/${name}`, readFileSync(join(swaggerUi, name))] as const),
    ...documents.map((name) => [`/docs/${name}`, readFileSync(join(DOCS, name))] as const),
  ]);
}

export function serveReference(reference: Reference): FindStatic {
  const files = new Map([...reference].map(([path, body]) => [path, { body, type: REFERENCE_TYPES[extname(fileOfReference(path))]!, headers: REFERENCE_HEADERS }]));
  return (path) => files.get(path);
}

/** Under the folder that nginx serves: the page itself has no extension. */
export const fileOfReference = (path: string) => (path === '/docs' ? 'docs/index.html' : path.slice(1));

// Links are relative: a public URL may have a path of its own.
const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Waggle API</title>
<link rel="icon" href="docs/reference/favicon-32x32.png">
<link rel="stylesheet" href="docs/reference/swagger-ui.css">
<link rel="stylesheet" href="docs/reference/page.css">
</head>
<body>
<nav>
<a href="docs/openapi.json">OpenAPI 3.1</a>
<a href="docs/asyncapi.yaml">Topics: AsyncAPI 3</a>
<a href="docs/problems">Problems</a>
</nav>
<main id="reference"><noscript>The reference needs JavaScript; the documents above do not.</noscript></main>
<script src="docs/reference/swagger-ui-bundle.js"></script>
<script src="docs/reference/start.js"></script>
</body>
</html>
`;

const START = `SwaggerUIBundle({
  url: 'docs/openapi.json',
  dom_id: '#reference',
  deepLinking: true,
  docExpansion: 'list',
  // The validator is somebody else's server.
  validatorUrl: null,
});
`;

const STYLE = `body { margin: 0 }
nav { display: flex; gap: 1.5rem; padding: 0.8rem 1.25rem; font: 0.9rem system-ui, sans-serif; border-bottom: 1px solid rgb(128 128 128 / 30%) }
`;

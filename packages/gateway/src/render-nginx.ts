import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileOfPage, renderNginx } from './nginx.ts';
import { renderProblemPages } from './problem-pages.ts';
import { readRoutes, servicesOf } from './routes.ts';

// `node packages/gateway/src/render-nginx.ts FOLDER`, when the gateway's image is built: nginx.conf.template and, beside it, pages/.
const folder = process.argv[2];
if (folder === undefined) {
  console.error('usage: render-nginx.ts <folder>');
  process.exit(64);
}
const table = readRoutes();
// By default each service is found by its name.
const byName = Object.fromEntries(servicesOf(table).map((service) => [service, [`http://${service}:3000`]]));
const upstreams: Record<string, string[]> = process.env['UPSTREAMS'] === undefined ? byName : JSON.parse(process.env['UPSTREAMS']);
const pages = renderProblemPages();

write(join(folder, 'nginx.conf.template'), renderNginx(table, upstreams, [...pages.keys()]));
for (const [path, html] of pages) write(join(folder, 'pages', fileOfPage(path)), html);

function write(file: string, content: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}

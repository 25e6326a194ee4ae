import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PORTAL_DIRECTORY } from './config.ts';
import { fileOfPage, renderNginx } from './nginx.ts';
import { findPortal } from './portal.ts';
import { renderProblemPages } from './problem-pages.ts';
import { fileOfReference, readReference } from './reference.ts';
import { readRoutes, servicesOf } from './routes.ts';

// `node packages/gateway/src/render-nginx.ts FOLDER`, when the gateway's image is built: nginx.conf.template and, beside it, pages/, reference/ and portal/.
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
const reference = readReference();
const portal = findPortal(process.env['PORTAL_DIRECTORY'] ?? PORTAL_DIRECTORY);
if (portal === null) {
  console.error('The portal is not built: npm run build --workspace @waggle/portal');
  process.exit(66);
}

write(join(folder, 'nginx.conf.template'), renderNginx(table, upstreams, { pages: [...pages.keys()], reference: [...reference.keys()], assets: portal.assets }));
for (const [path, html] of pages) write(join(folder, 'pages', fileOfPage(path)), html);
for (const [path, content] of reference) write(join(folder, 'reference', fileOfReference(path)), content);
for (const file of ['index.html', ...portal.assets]) cpSync(join(portal.folder, file), join(folder, 'portal', file));

function write(file: string, content: string | Buffer): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}

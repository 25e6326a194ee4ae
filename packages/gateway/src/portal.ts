import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { FindStatic, StaticFile } from './static-file.ts';

export const PORTAL_PATH = '/portal/';
/** What the root of the public URL, and the portal's path without its slash, lead to it. */
export const PORTAL_ENTRANCES = ['/', '/portal'];
const INDEX = 'index.html';
const ASSETS = 'assets/';

export const PORTAL_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.png': 'image/png', '.woff2': 'font/woff2',
};

/** Everything comes from here, and nothing is written into the page: no inline script, no inline style, no frame around it. */
const COMMON_HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
};
/** The page names its assets, so it is asked for anew each time; an asset's name holds a digest of what is in it. */
export const PORTAL_PAGE_HEADERS = { ...COMMON_HEADERS, 'Cache-Control': 'no-cache' };
export const PORTAL_ASSET_HEADERS = { ...COMMON_HEADERS, 'Cache-Control': 'public, max-age=31536000, immutable' };

export interface Portal {
  folder: string;
  /** Below `assets/`, as in `assets/index-Dx3f.js`. */
  assets: readonly string[];
}

/** Null when it is not built. */
export function findPortal(folder: string): Portal | null {
  if (!existsSync(join(folder, INDEX))) return null;
  const assets = existsSync(join(folder, ASSETS)) ? readdirSync(join(folder, ASSETS)).map((name) => `${ASSETS}${name}`) : [];
  return { folder, assets: assets.filter((name) => extname(name) in PORTAL_TYPES) };
}

/** Below the portal's path whatever is no asset is a page of the application, which reads the path itself. */
export function servePortal({ folder, assets }: Portal): FindStatic {
  const page = fileOf(folder, INDEX, PORTAL_PAGE_HEADERS);
  const files = new Map(assets.map((name) => [`${PORTAL_PATH}${name}`, fileOf(folder, name, PORTAL_ASSET_HEADERS)]));
  return (path) => {
    if (PORTAL_ENTRANCES.includes(path)) return { location: PORTAL_PATH };
    if (path.startsWith(`${PORTAL_PATH}${ASSETS}`)) return files.get(path);
    return path.startsWith(PORTAL_PATH) ? page : undefined;
  };
}

const fileOf = (folder: string, name: string, headers: StaticFile['headers']): StaticFile => ({
  body: readFileSync(join(folder, name)), type: PORTAL_TYPES[extname(name)]!, headers,
});

import { COMPRESSED_BYTES_MIN, COMPRESSED_TYPES } from './compression.ts';
import { DROPPED_REQUEST_HEADERS } from './forwarded-headers.ts';
import { gatewayError, type GatewayErrorCode } from './gateway-errors.ts';
import * as limit from './limits.ts';
import { PORTAL_ASSET_HEADERS, PORTAL_ENTRANCES, PORTAL_PAGE_HEADERS, PORTAL_PATH, PORTAL_TYPES } from './portal.ts';
import { PAGE_HEADERS } from './problem-pages.ts';
import { fileOfReference, REFERENCE_HEADERS, REFERENCE_TYPES } from './reference.ts';
import { MALFORMED_TARGET, servicesOf, type Route, type RouteTable } from './routes.ts';
import { STATIC_METHODS } from './static-file.ts';

/** Paths of what the gateway has itself: the pages that lie in @PAGES@, the reference in @REFERENCE@, and the portal's assets in @PORTAL@. */
interface OwnFiles {
  pages: readonly string[];
  reference: readonly string[];
  assets: readonly string[];
}

/**
 * nginx's half of the gateway, from the same table, lists and wordings as the proxy. What only the running container knows stands as @NAME@
 * and is filled in by infra/gateway/start-nginx.sh, which also puts the addresses of today in the place of each service's name.
 */
export function renderNginx(table: RouteTable, upstreams: Record<string, readonly string[]>, own: OwnFiles): string {
  const blocks = [...new Map(table.map((route) => [locationOf(route), proxyLocation(route)])).values()];
  return `# Made from infra/gateway/routes.json by packages/gateway/src/render-nginx.ts: change those.
worker_processes 2;
worker_rlimit_nofile 16384;
# A stream that goes on through a reload keeps its old worker no longer than this; its reader resumes from the last id.
worker_shutdown_timeout 10m;
daemon off;
pid @DIRECTORY@/nginx.pid;
error_log stderr warn;
events { worker_connections 8192; }
http {
${indent([...general(), ...logging(), ...limits(), ...upstreamBlocks(table, upstreams), ...routeMap(table, own), ...hostMap(), ...allowMap()])}
  server {
    listen @PORT@ default_server backlog=1024;
${indent([...forwarding(), ...errorPages('problem')], 4)}
    limit_req zone=address burst=@BURST@ nodelay;
    # Locations are chosen by the map alone, over the undecoded target; no client reaches them by name.
    rewrite ^/(?!_gateway/) $route_location last;
${indent([...blocks.flat(), ...pagesLocation(), ...referenceLocation(), ...portalLocations(), ...refusals(), ...errorLocations('problem'), ...errorLocations('in-app')], 4)}
  }
  server {
    listen @INTERNAL_PORT@;
    access_log off;
    default_type application/json;
    location = /health { return 200 '{"status":200,"reasons":{}}'; }
    location / { return 404; }
  }
}
`;
}

function general(): string[] {
  // A read-only file system has one place to write: bodies and answers stream through, these stay empty.
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path @DIRECTORY@/${name};`);
  return [
    ...temporary,
    'server_tokens off;',
    `keepalive_timeout ${limit.CLIENT_IDLE_TIMEOUT_MS}ms ${limit.CLIENT_IDLE_TIMEOUT_MS / 1_000}s;`,
    'keepalive_requests 100000;',
    `client_max_body_size ${limit.BODY_BYTES_MAX};`,
    'client_body_buffer_size 64k;',
    // At least 32 KB of header fields, at most 36 (the services take 40).
    'client_header_buffer_size 4k;',
    'large_client_header_buffers 1 32k;',
    // As in Node: any name that RFC 9110 allows.
    'underscores_in_headers on;',
    'ignore_invalid_headers off;',
    'gzip on;',
    'gzip_comp_level 4;',
    'gzip_vary on;',
    'gzip_proxied any;',
    `gzip_min_length ${COMPRESSED_BYTES_MIN};`,
    `gzip_types ${COMPRESSED_TYPES.filter((type) => type !== 'text/html').join(' ')};`,
  ];
}

function logging(): string[] {
  const fields = {
    requestId: '$sent_http_x_request_id', method: '$request_method', path: '$path', routedTo: '$routed_to', upstream: '$upstream_addr',
  };
  const texts = Object.entries(fields).map(([name, value]) => `"${name}":"${value}"`);
  return [
    'map $request_uri $path { "~^([^?]*)" $1; }',
    'map $route_location $routed_to { "~^/_gateway/to/([a-z-]+)" $1; }',
    `log_format line escape=json '{"level":30,"time":"$time_iso8601","service":"gateway",${texts.join(',')},"status":$status,"seconds":$request_time,"msg":"request"}';`,
    'access_log /dev/stdout line buffer=4k flush=1s;',
  ];
}

/** Off is a zone whose key is always empty. */
function limits(): string[] {
  return [
    'map @LIMIT@ $limited_address { 0 ""; default $binary_remote_addr; }',
    'limit_req_zone $limited_address zone=address:10m rate=@RATE@r/m;',
    'limit_req_status 429;',
    'limit_req_log_level info;',
  ];
}

function upstreamBlocks(table: RouteTable, upstreams: Record<string, readonly string[]>): string[] {
  return servicesOf(table).flatMap((service) => {
    const urls = upstreams[service];
    if (urls === undefined || urls.length === 0) throw new Error(`No address of ${service}`);
    return [
      `upstream ${service} {`,
      // max_fails=0: an instance that comes back is used at once; one that refuses costs a try on the next.
      ...urls.map((url) => `  server ${new URL(url).host} max_fails=0;`),
      // Given up before the service does so (65 s): a request must not meet a connection that is being closed.
      '  keepalive 128;',
      '  keepalive_timeout 55s;',
      '  keepalive_requests 100000;',
      '}',
    ];
  });
}

/** The first row that matches wins: nginx tries a map's expressions in their order. */
function routeMap(table: RouteTable, { pages, reference, assets }: OwnFiles): string[] {
  const rows = table.map((route) => `  "~${route.expression.source.replaceAll('\\/', '/')}" ${locationOf(route)};`);
  const malformed = MALFORMED_TARGET.source.replaceAll('\\/', '/');
  const files = [
    ...pages.map((path) => `  "~^${path}(?:[?]|$)" ${PAGES}${fileOfPage(path)};`),
    ...reference.map((path) => `  "~^${path.replaceAll('.', '\\.')}(?:[?]|$)" ${REFERENCE}${fileOfReference(path)};`),
  ];
  const portal = [
    ...assets.map((name) => `  "~^${PORTAL_PATH}${name}(?:[?]|$)" ${PORTAL}${name};`),
    `  "~^${PORTAL_PATH}assets/" /_gateway/unknown;`,
    `  "~^${PORTAL_PATH}" ${PORTAL_PAGE};`,
    ...PORTAL_ENTRANCES.map((path) => `  "~^${path}(?:[?]|$)" ${PORTAL_ENTRANCE};`),
  ];
  return ['map $request_uri $route_location {', `  "~*${malformed}" /_gateway/malformed;`, ...rows, ...files, ...portal, '  default /_gateway/unknown;', '}'];
}

/** HTTP/1.0 may do without a Host, the services' HTTP/1.1 may not. */
function hostMap(): string[] {
  return ['map $http_host $forwarded_host { "" localhost; default $http_host; }'];
}

/** Host goes through as it came; who asked is what nginx saw on the connection, whatever the client says. */
function forwarding(): string[] {
  const set = { host: '$forwarded_host', 'x-forwarded-for': '$remote_addr', 'x-forwarded-proto': '$scheme', 'x-forwarded-host': '$forwarded_host' };
  return [
    'proxy_http_version 1.1;',
    'proxy_buffering off;',
    // Bodies that are not buffered are never sent twice; what has none, and is no POST or PATCH, may be tried again for so long.
    'proxy_request_buffering off;',
    'proxy_next_upstream error timeout;',
    `proxy_next_upstream_timeout ${limit.RETRY_WITHIN_MS}ms;`,
    `proxy_connect_timeout ${limit.CONNECT_TIMEOUT_MS}ms;`,
    'proxy_buffer_size 16k;',
    'proxy_buffers 8 16k;',
    ...DROPPED_REQUEST_HEADERS.filter((name) => !(name in set)).map((name) => `proxy_set_header ${name} "";`),
    ...Object.entries(set).map(([name, value]) => `proxy_set_header ${name} ${value};`),
  ];
}

const PAGES = '/_gateway/pages/';
const REFERENCE = '/_gateway/reference/';
const PORTAL = '/_gateway/portal/';
const PORTAL_PAGE = '/_gateway/portal-page';
const PORTAL_ENTRANCE = '/_gateway/portal-entrance';
export const fileOfPage = (path: string) => `${path.slice(1)}.html`;

/** A 405 says what would be allowed (RFC 9110 §15.5.6); of a service's paths the service says it. */
function allowMap(): string[] {
  return [`map $route_location $allow { "~^(?:${PAGES}|${REFERENCE}|/_gateway/portal)" "${STATIC_METHODS.join(', ')}"; default ""; }`];
}

function pagesLocation(): string[] {
  return [
    `location ${PAGES} {`,
    '  internal;',
    '  alias @PAGES@/;',
    '  types { }',
    '  default_type text/html;',
    ...indentLines(ownFields(PAGE_HEADERS)),
    '}',
  ];
}

function referenceLocation(): string[] {
  return [
    `location ${REFERENCE} {`,
    '  internal;',
    '  alias @REFERENCE@/;',
    `  types { ${typesOf(REFERENCE_TYPES)} }`,
    ...indentLines(ownFields(REFERENCE_HEADERS)),
    '}',
  ];
}

const typesOf = (types: Readonly<Record<string, string>>) => Object.entries(types).map(([extension, type]) => `${type} ${extension.slice(1)};`).join(' ');

/** What is sent beside a file. When the image was built, and from which file, is nobody's business. */
function ownFields(headers: Readonly<Record<string, string>>): string[] {
  return [
    // Apart from the type: a type with its charset is none that nginx would compress.
    'charset utf-8;',
    `charset_types ${COMPRESSED_TYPES.filter((type) => type !== 'text/html').join(' ')};`,
    'etag off;',
    'if_modified_since off;',
    'max_ranges 0;',
    'add_header Last-Modified "";',
    'add_header X-Request-Id req_$request_id;',
    ...Object.entries(headers).map(([name, value]) => `add_header ${name} "${value}";`),
  ];
}

function portalLocations(): string[] {
  return [
    `location ${PORTAL} {`,
    '  internal;',
    '  alias @PORTAL@/;',
    `  types { ${typesOf(PORTAL_TYPES)} }`,
    ...indentLines(ownFields(PORTAL_ASSET_HEADERS)),
    '}',
    `location = ${PORTAL_PAGE} {`,
    '  internal;',
    '  alias @PORTAL@/index.html;',
    '  types { }',
    '  default_type text/html;',
    ...indentLines(ownFields(PORTAL_PAGE_HEADERS)),
    '}',
    `location = ${PORTAL_ENTRANCE} {`,
    '  internal;',
    '  absolute_redirect off;',
    `  if ($request_method !~ "^(?:${STATIC_METHODS.join('|')})$") { return 405; }`,
    '  add_header X-Request-Id req_$request_id;',
    `  return 302 ${PORTAL_PATH};`,
    '}',
  ];
}

const locationOf = ({ service, stream, errors }: Route) => `/_gateway/to/${service}${stream ? '/stream' : ''}${errors === 'in-app' ? '/in-app' : ''}`;

function proxyLocation(route: Route): string[] {
  const silenceMs = route.stream ? limit.STREAM_SILENCE_TIMEOUT_MS : limit.SILENCE_TIMEOUT_MS;
  return [
    `location = ${locationOf(route)} {`,
    '  internal;',
    `  proxy_read_timeout ${silenceMs}ms;`,
    `  proxy_send_timeout ${silenceMs}ms;`,
    ...(route.errors === 'problem' ? [] : indentLines(errorPages(route.errors))),
    `  proxy_pass http://${route.service}$request_uri;`,
    '}',
  ];
}

function refusals(): string[] {
  return [
    'location = /_gateway/malformed { internal; return 400; }',
    'location = /_gateway/unknown { internal; return 404; }',
  ];
}

/** Which of nginx's own answers are said in which words. What a service answers goes through untouched. */
const CODES: readonly (readonly [GatewayErrorCode, ...number[]])[] = [
  ['validation_failed', 400, 414, 494],
  ['not_found', 404],
  ['method_not_allowed', 405],
  ['payload_too_large', 413],
  ['quota_exceeded', 429],
  ['internal', 500],
  ['unavailable', 502, 503, 504],
];

type Shape = Route['errors'];
const errorLocationOf = (shape: Shape, code: GatewayErrorCode) => `/_gateway/error/${shape}/${code}`;

function errorPages(shape: Shape): string[] {
  return CODES.map(([code, ...statuses]) => `error_page ${statuses.join(' ')} = ${errorLocationOf(shape, code)};`);
}

function errorLocations(shape: Shape): string[] {
  return CODES.flatMap(([code]) => {
    const { status, contentType, body } = gatewayError({ code, shape, publicUrl: '@PUBLIC_URL@', requestId: 'req_$request_id' });
    const retryAfter = code === 'quota_exceeded' ? '@RETRY_AFTER@' : code === 'unavailable' ? '1' : undefined;
    return [
      `location = ${errorLocationOf(shape, code)} {`,
      '  internal;',
      '  client_max_body_size 0;',
      `  default_type "${contentType}";`,
      '  add_header X-Request-Id req_$request_id always;',
      ...(code === 'method_not_allowed' ? ['  add_header Allow $allow always;'] : []),
      ...(retryAfter === undefined ? [] : [`  add_header Retry-After ${retryAfter} always;`]),
      `  return ${status} '${body}';`,
      '}',
    ];
  });
}

const indentLines = (lines: readonly string[], spaces = 2) => lines.map((line) => `${' '.repeat(spaces)}${line}`);
const indent = (lines: readonly string[], spaces = 2) => indentLines(lines, spaces).join('\n');

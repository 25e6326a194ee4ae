import { renderNginx } from './nginx.ts';
import { readRoutes, servicesOf } from './routes.ts';

// `node packages/gateway/src/render-nginx.ts > nginx.conf`, in the gateway's image: by default each service is found by its name.
const table = readRoutes();
const byName = Object.fromEntries(servicesOf(table).map((service) => [service, [`http://${service}:3000`]]));
const upstreams: Record<string, string[]> = process.env['UPSTREAMS'] === undefined ? byName : JSON.parse(process.env['UPSTREAMS']);
process.stdout.write(renderNginx(table, upstreams));

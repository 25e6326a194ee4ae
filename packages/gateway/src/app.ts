import { createHealthServer, createLogger, createMetrics } from '@waggle/runtime';
import { createAddressLimit } from './address-limit.ts';
import type { Config } from './config.ts';
import { findPortal, servePortal } from './portal.ts';
import { renderProblemPages, serveProblemPages } from './problem-pages.ts';
import { createProxy } from './proxy.ts';
import { readReference, serveReference } from './reference.ts';
import { readRoutes, servicesOf } from './routes.ts';
import { createUpstreams } from './upstreams.ts';

export function createApp(config: Config) {
  const logger = createLogger('gateway', config.logLevel);
  const metrics = createMetrics('gateway');
  const table = readRoutes();
  const missing = servicesOf(table).filter((service) => config.upstreams[service] === undefined);
  if (missing.length > 0) throw new Error(`UPSTREAMS names no address of ${missing.join(', ')}`);
  const portal = findPortal(config.portalDirectory);
  if (portal === null) logger.warn({ folder: config.portalDirectory }, 'the portal is not built, and not served');
  const owners = [serveProblemPages(renderProblemPages()), serveReference(readReference()), ...(portal === null ? [] : [servePortal(portal)])];
  const proxy = createProxy(
    { host: config.host, port: config.port, publicUrl: config.publicUrl, drainMs: config.shutdownTimeoutMs / 2 },
    {
      table,
      findStatic(path) {
        for (const find of owners) {
          const found = find(path);
          if (found !== undefined) return found;
        }
        return undefined;
      },
      upstreams: createUpstreams(config.upstreams),
      addressLimit: config.addressLimitPerMinute === 0 ? null : createAddressLimit(config.addressLimitPerMinute),
      logger,
      metrics,
    },
  );
  return { logger, components: [proxy, createHealthServer({ host: config.host, port: config.internalPort, components: [proxy], metrics })] };
}

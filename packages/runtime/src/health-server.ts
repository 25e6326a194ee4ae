import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { Component } from './component.ts';
import { createDraining } from './draining.ts';
import type { Registry } from './metrics.ts';

export interface HealthServerOptions {
  host: string;
  port: number;
  components: readonly Component[];
  metrics?: Registry;
  /** Whatever else a service answers on this port, such as its internal routes. */
  otherwise?: RequestListener;
}

/**
 * `GET /health`: 200 while every component makes progress, else 503 with the reasons. `GET /metrics`: Prometheus text.
 * On a port of its own: the gateway never reaches it.
 */
export function createHealthServer({ host, port, components, metrics, otherwise = notFound }: HealthServerOptions): Component {
  const server = createServer((request, response) => {
    if (request.url === '/health') return answerHealth(components, response);
    if (request.url === '/metrics' && metrics !== undefined) return void answerMetrics(metrics, response);
    return otherwise(request, response);
  });
  const drain = createDraining(server);
  return {
    name: 'health server',
    start: () => new Promise((resolve, reject) => server.once('error', reject).listen(port, host, () => resolve())),
    stop: drain,
    health: () => null,
  };
}

function answerHealth(components: readonly Component[], response: ServerResponse) {
  const reasons = Object.fromEntries(components.map(({ name, health }) => [name, health()]).filter(([, reason]) => reason !== null));
  const status = Object.keys(reasons).length === 0 ? 200 : 503;
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ status, reasons }));
}

async function answerMetrics(metrics: Registry, response: ServerResponse) {
  const text = await metrics.metrics();
  response.writeHead(200, { 'content-type': metrics.contentType }).end(text);
}

function notFound(_request: IncomingMessage, response: ServerResponse) {
  response.writeHead(404).end();
}

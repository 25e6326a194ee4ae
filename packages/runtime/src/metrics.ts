import { collectDefaultMetrics, Registry } from 'prom-client';

export type { Registry };

/** One registry per service instance, with Node's own figures; parts add theirs. */
export function createMetrics(service: string): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry });
  return registry;
}

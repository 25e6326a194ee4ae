export interface Instance {
  /** As in the configuration, for log lines. */
  url: string;
  host: string;
  port: number;
}

/** All instances of a service, beginning with another one at every call: the order in which to try them. */
export type Upstreams = (service: string) => readonly Instance[];

export function createUpstreams(urls: Record<string, readonly string[]>): Upstreams {
  const services = new Map(Object.entries(urls).map(([service, list]) => [service, { instances: list.map(toInstance), turn: 0 }]));
  return (service) => {
    const known = services.get(service);
    if (known === undefined) return [];
    const { instances } = known;
    if (instances.length === 1) return instances;
    known.turn = (known.turn + 1) % instances.length;
    return [...instances.slice(known.turn), ...instances.slice(0, known.turn)];
  };
}

function toInstance(url: string): Instance {
  const { hostname, port } = new URL(url);
  return { url, host: hostname.replaceAll(/^\[|\]$/g, ''), port: port === '' ? 80 : Number(port) };
}

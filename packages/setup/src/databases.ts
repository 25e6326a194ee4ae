import type { Secrets } from './secrets.ts';

/** A service's own database on the one server, and the only role that may enter it. */
export interface ServiceDatabase {
  service: string;
  database: string;
  role: string;
  password: string;
}

export function serviceDatabases({
  behaviorPassword,
  dispatchPassword,
  eventLogPassword,
}: Pick<Secrets, 'behaviorPassword' | 'dispatchPassword' | 'eventLogPassword'>) {
  return [
    { service: 'behavior-core', database: 'behavior', role: 'waggle_behavior', password: behaviorPassword },
    { service: 'outbound-dispatcher', database: 'dispatch', role: 'waggle_dispatch', password: dispatchPassword },
    { service: 'event-log', database: 'event_log', role: 'waggle_event_log', password: eventLogPassword },
  ] as const satisfies readonly ServiceDatabase[];
}

/** The superuser's URL turned into that of a service's role in its database. */
export function urlOfServiceDatabase(superuserUrl: string, { database, role, password }: Omit<ServiceDatabase, 'service'>): string {
  const url = new URL(superuserUrl);
  [url.username, url.password, url.pathname] = [role, password, database];
  return url.href;
}

import { afterAll, beforeAll, beforeEach } from '@jest/globals';
import type { Gateway, StartGateway } from '../start-gateway.ts';
import { createUpstream, type UpstreamServer } from '../upstream-server.ts';

/** A running gateway and what stands behind it; ready inside tests. */
export interface Subject {
  gateway: Gateway;
  ingress: UpstreamServer;
  dispatcher: UpstreamServer;
  eventLog: UpstreamServer;
  /** Two instances of one service. */
  cores: readonly [UpstreamServer, UpstreamServer];
  startGateway: StartGateway;
  urls: Record<string, string[]>;
}

/** Contract: what is said of the subject holds in both modes. */
export type Chapter = (subject: Subject) => void;

export function useSubject(startGateway: StartGateway): Subject {
  // Filled in before the first test.
  const subject = {} as Subject; // oxlint-disable-line typescript/no-unsafe-type-assertion
  const servers = () => [subject.ingress, subject.dispatcher, subject.eventLog, ...subject.cores];

  beforeAll(async () => {
    const [ingress, dispatcher, eventLog] = [await createUpstream(), await createUpstream(), await createUpstream()];
    const cores = [await createUpstream(), await createUpstream()] as const;
    const urls = {
      'ingress': [ingress.url],
      'outbound-dispatcher': [dispatcher.url],
      'event-log': [eventLog.url],
      'behavior-core': cores.map(({ url }) => url),
    };
    Object.assign(subject, { ingress, dispatcher, eventLog, cores, urls, startGateway, gateway: await startGateway({ upstreams: urls }) });
  });
  beforeEach(() => servers().forEach((server) => server.forget()));
  afterAll(async () => {
    await subject.gateway.stop();
    for (const server of servers()) await server.stop();
  });
  return subject;
}

/** Requests that have reached either instance. */
export const requestsOf = ({ cores: [first, second] }: Subject) => first.requests + second.requests;

import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '@waggle/testkit';
import { send } from '../client.ts';
import { startNginx, type Gateway } from '../start-gateway.ts';
import { createUpstream, type UpstreamServer } from '../upstream-server.ts';

const SERVICES = ['ingress', 'behavior-core', 'outbound-dispatcher', 'event-log'];

/** nginx alone: only in containers are services found by name. A stand-in for getent is the DNS server here. */
export const names = () => {
  let binaries: string;
  const records = () => join(binaries, 'records');
  /** `name address`, answered as `getent ahostsv4 NAME…` does. */
  const setRecords = (lines: string[]) => writeFileSync(records(), lines.map((line) => `${line}\n`).join(''));
  let instance: UpstreamServer;
  let gateway: Gateway;

  beforeAll(async () => {
    binaries = mkdtempSync(join(tmpdir(), 'waggle-getent-'));
    const script = `#!/bin/sh\nshift\nfor name; do sed -n "s/^$name \\(.*\\)/\\1 STREAM $name/p" ${records()}; done\n`;
    writeFileSync(join(binaries, 'getent'), script);
    chmodSync(join(binaries, 'getent'), 0o755);
    setRecords([]);
    instance = await createUpstream();
    const { port } = new URL(instance.url);
    gateway = await startNginx({ binaries, upstreams: Object.fromEntries(SERVICES.map((service) => [service, [`http://${service}:${port}`]])) });
  });
  afterAll(async () => {
    await gateway.stop();
    await instance.stop();
    rmSync(binaries, { recursive: true });
  });
  const becomes = (status: number, path: string) =>
    eventually(async () => expect((await send(gateway.port, path)).status).toBe(status));

  test('a service is used once its name has an address, while it cannot be resolved, and at its new address', async () => {
    await becomes(503, '/v1/events');
    setRecords(['event-log 127.0.0.1']);
    await becomes(200, '/v1/events');
    // The lookup of ingress is later than the one that did not find the event log.
    setRecords(['ingress 127.0.0.1']);
    await becomes(200, '/v1/webhooks/inbound');
    await becomes(200, '/v1/events');
    // Nobody listens there.
    setRecords(['event-log 127.0.0.2']);
    await becomes(503, '/v1/events');
    setRecords(['event-log 127.0.0.2', 'event-log 127.0.0.1']);
    await becomes(200, '/v1/events');
  });
};

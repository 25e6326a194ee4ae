import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { freePort } from '@waggle/local-stack';
import { startAll } from '@waggle/runtime';
import { eventually } from '@waggle/testkit';
import { createApp } from '../src/app.ts';
import { loadConfig } from '../src/config.ts';

export interface Gateway {
  port: number;
  healthUrl: string;
  stop(): Promise<void>;
}

interface GatewaySettings {
  upstreams: Record<string, string[]>;
  addressLimitPerMinute?: number;
  /** Searched before the machine's own programs. */
  binaries?: string;
}

export type StartGateway = (settings: GatewaySettings) => Promise<Gateway>;

export const PUBLIC_URL = 'https://waggle.example';

/** A portal of two files: what is in them is not the gateway's business. */
export const PORTAL = {
  page: `<!doctype html><title>Portal</title>${'<!-- long enough to be compressed -->'.repeat(40)}`,
  script: `console.log(${JSON.stringify('the portal '.repeat(200))});`,
};

function makePortal(): string {
  const folder = mkdtempSync(join(tmpdir(), 'waggle-portal-'));
  mkdirSync(join(folder, 'assets'));
  writeFileSync(join(folder, 'index.html'), PORTAL.page);
  writeFileSync(join(folder, 'assets/index-Ab12.js'), PORTAL.script);
  writeFileSync(join(folder, 'assets/index-Ab12.js.map'), '{}');
  return folder;
}

async function environmentFor({ addressLimitPerMinute = 0 }: GatewaySettings) {
  const [port, internalPort] = [await freePort(), await freePort()];
  const environment = {
    PORT: String(port),
    INTERNAL_PORT: String(internalPort),
    PUBLIC_URL,
    ADDRESS_LIMIT_PER_MINUTE: String(addressLimitPerMinute),
    LOG_LEVEL: 'silent',
  };
  return { port, healthUrl: `http://127.0.0.1:${internalPort}/health`, environment };
}

export const startProxy: StartGateway = async (settings) => {
  const { port, healthUrl, environment } = await environmentFor(settings);
  const portal = makePortal();
  const config = loadConfig({ ...environment, UPSTREAMS: JSON.stringify(settings.upstreams), SHUTDOWN_TIMEOUT_MS: '2000', PORTAL_DIRECTORY: portal });
  const { components } = createApp(config);
  rmSync(portal, { recursive: true });
  return { port, healthUrl, stop: await startAll(components) };
};

/** What is rendered for an image, under the container's own start script. */
export const startNginx: StartGateway = async (settings) => {
  const { port, healthUrl, environment } = await environmentFor(settings);
  const directory = mkdtempSync(join(tmpdir(), 'waggle-gateway-'));
  // Where a test runs as root, nginx's workers do not.
  chmodSync(directory, 0o755);
  const render = join(import.meta.dirname, '../src/render-nginx.ts');
  const portal = makePortal();
  execFileSync(process.execPath, [render, directory], { env: { UPSTREAMS: JSON.stringify(settings.upstreams), PORTAL_DIRECTORY: portal } });
  rmSync(portal, { recursive: true });
  const path = [settings.binaries, process.env['PATH']].filter((part) => part !== undefined).join(delimiter);
  const script = join(import.meta.dirname, '../../../infra/gateway/start-nginx.sh');
  const child = spawn('sh', [script, join(directory, 'nginx.conf.template')], {
    env: { ...environment, PATH: path, GATEWAY_DIRECTORY: directory, RESOLVE_SECONDS: '0.1' },
    stdio: ['ignore', 'ignore', process.env['LOG_LEVEL'] === undefined ? 'ignore' : 'inherit'],
  });
  const exited = once(child, 'exit');
  const stop = async () => {
    child.kill('SIGTERM');
    await exited;
    rmSync(directory, { recursive: true });
  };
  try {
    await eventually(async () => void (await fetch(healthUrl)));
  } catch (error) {
    await stop();
    throw new Error(`nginx does not start (exit code ${child.exitCode})`, { cause: error });
  }
  return { port, healthUrl, stop };
};

export function hasNginx(): boolean {
  return [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin'].some((folder) => existsSync(join(folder, 'nginx')));
}

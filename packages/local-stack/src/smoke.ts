import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readJson } from '@waggle/setup';
import { z } from 'zod';
import { openDataDirectory, ROOT } from './data-directory.ts';
import { createDemoApi } from './demo-api.ts';
import { createDemoCampaign } from './demo-workspace.ts';
import { playDemo } from './play-demo.ts';
import { runCommand } from './run-command.ts';

// Plays the main job against a Waggle that runs already, by its public API alone: after a deployment, or after an upgrade.
const USAGE = `usage: npm run smoke                 against the stack of npm start
       npm run smoke -- --compose    against docker compose up; it must allow this machine's receiver:
                                     ALLOW_INSECURE_ENDPOINTS=true EGRESS_ALLOW_CIDRS=<the network's> docker compose up --build --wait
       npm run smoke -- --url <gateway> --key <system key> [--receiver-host <address of this machine as services see it>]`;

interface Target {
  gatewayUrl: string;
  systemKey: string;
  receiverHost: string;
}

const signal = AbortSignal.timeout(120_000);

function readOptions() {
  const options = { compose: { type: 'boolean' }, url: { type: 'string' }, key: { type: 'string' }, 'receiver-host': { type: 'string' } } as const;
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    throw new Error(USAGE, { cause: error });
  }
}

async function findTarget(): Promise<Target> {
  const { compose, url, key, 'receiver-host': receiverHost = '127.0.0.1' } = readOptions();
  if (compose) return findCompose();
  if (url !== undefined && key !== undefined) return { gatewayUrl: url, systemKey: key, receiverHost };
  const file = join(openDataDirectory(), 'stack.json');
  if (!existsSync(file)) throw new Error(`${file} is not there: npm start -- --detach starts a stack\n${USAGE}`);
  const { gateway, system_key } = z.object({ gateway: z.string(), system_key: z.string() }).parse(readJson(file));
  return { gatewayUrl: gateway, systemKey: system_key, receiverHost };
}

/** As an operator gets a first key; and the address under which containers know this machine. */
async function findCompose(): Promise<Target> {
  const docker = (...args: string[]) => runCommand('docker', args, { cwd: ROOT, signal });
  const created = await docker('compose', 'run', '--rm', '-T', 'setup', 'admin', 'create-workspace', '--name', 'smoke');
  const line = created.split('\n').find((one) => one.startsWith('{')) ?? '';
  const networks = await docker('network', 'inspect', 'waggle_default', '--format', '{{(index .IPAM.Config 0).Gateway}}');
  const published = await docker('compose', 'port', 'gateway', '8080');
  return {
    gatewayUrl: `http://${published.trim()}`,
    systemKey: z.object({ system_key: z.string() }).parse(JSON.parse(line)).system_key,
    receiverHost: networks.trim(),
  };
}

async function smoke() {
  const { gatewayUrl, systemKey, receiverHost } = await findTarget();
  const demo = await createDemoCampaign(createDemoApi({ gatewayUrl, key: systemKey, signal }));
  const { inbound, webhook, logEntry, inapp } = await playDemo({ system_key: systemKey, demo }, { gatewayUrl, receiverHost, signal });
  console.log(`${gatewayUrl}
inbound webhook   ${inbound.answer.status} "${inbound.answer.body.status}" in ${inbound.answer.ms} ms
signed webhook    verified, ${webhook.afterMs} ms after the request: ${webhook.body}
event log         ${JSON.stringify(logEntry)}
in-app event      ${inapp.answer.status} in ${inapp.answer.ms} ms, awarded ${JSON.stringify(inapp.awards)}
The main job works.`);
}

await smoke().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  if (String(error).includes('url_not_allowed')) console.error(`The dispatcher may not call the receiver of this run:\n${USAGE}`);
  process.exitCode = 1;
});

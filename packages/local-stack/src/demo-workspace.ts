import { join } from 'node:path';
import { z } from 'zod';
import { ROOT } from './data-directory.ts';
import { createDemoApi, type DemoApi } from './demo-api.ts';
import { readJson, writeJson } from '@waggle/setup';
import { runCommand } from './run-command.ts';

const workspace = z.object({ workspace_id: z.string(), system_key: z.string() });
const campaign = z.object({ campaign_id: z.number(), inapp_key_id: z.string(), inapp_secret: z.string() });
export type DemoCampaign = z.infer<typeof campaign>;
const demoKeys = workspace.extend({
  user_key: z.string(),
  demo: campaign.extend({ user_id: z.string(), activity_id: z.string() }),
  /** Another tenant, for trying isolation. */
  second: workspace,
});
export type DemoKeys = z.infer<typeof demoKeys>;

// The guide's own example, so that its request works as printed.
const HABIT = { user_id: 'usr_abc123', id: 'act_xyz789', type: 'habit', name: 'Drink water', channels: ['telegram'] };
export const DEMO_EVENT_TYPE = 'purchase_completed';

interface DemoDeps {
  directory: string;
  gatewayUrl: string;
  behaviorUrl: string;
  signal: AbortSignal;
}

/** The demo workspace with its keys: made once per data directory, by the same commands and requests that an operator and a partner have. */
export async function openDemoWorkspace(deps: DemoDeps): Promise<DemoKeys> {
  const file = join(deps.directory, 'demo.json');
  const known = demoKeys.safeParse(readJson(file));
  if (known.success) return known.data;
  const [first, second] = await Promise.all([createWorkspace('demo', deps), createWorkspace('second', deps)]);
  const call = createDemoApi({ ...deps, key: first.system_key });
  const keys = {
    ...first,
    user_key: await createUser(call),
    demo: { ...(await createDemoCampaign(call)), user_id: HABIT.user_id, activity_id: HABIT.id },
    second,
  };
  writeJson(file, keys);
  return keys;
}

async function createWorkspace(name: string, { behaviorUrl, signal }: DemoDeps) {
  const admin = join(ROOT, 'services/behavior-core/src/admin.ts');
  const output = await runCommand(process.execPath, [admin, 'create-workspace', '--name', name], {
    env: { ...process.env, DATABASE_URL: behaviorUrl },
    signal,
  });
  const line = output.split('\n').find((one) => one.startsWith('{')) ?? '';
  return workspace.parse(JSON.parse(line));
}

async function createUser(call: DemoApi): Promise<string> {
  await call(z.unknown(), { method: 'POST', path: '/v1/activities', body: HABIT });
  const created = z.object({ api_key: z.string() });
  const { body } = await call(created, {
    method: 'POST',
    path: `/v1/users/${HABIT.user_id}/api-keys`,
    body: { label: 'demo', type: 'user' },
  });
  return body.api_key;
}

export async function createDemoCampaign(call: DemoApi): Promise<DemoCampaign> {
  const post = async <Schema extends z.ZodType>(schema: Schema, path: string, body: unknown) =>
    (await call(schema, { method: 'POST', path, body })).body;
  const { id } = await post(z.object({ id: z.number() }), '/v1/campaigns', {
    name: 'Demo',
    status: 'active',
    inapp_webhooks_enabled: true,
  });
  const path = `/v1/campaigns/${id}`;
  const task = { name: 'Buy something', verification: 'INAPP_WEBHOOK', points: 100, recurrence: 'unlimited' };
  const { id: taskId } = await post(z.object({ id: z.string() }), `${path}/tasks`, task);
  await post(z.unknown(), `${path}/mappings`, { event_type: DEMO_EVENT_TYPE, task_id: taskId, active: true });
  const key = await post(z.object({ key_id: z.string(), secret: z.string() }), `${path}/inapp-keys`, {
    label: 'demo',
    environment: 'live',
  });
  return { campaign_id: id, inapp_key_id: key.key_id, inapp_secret: key.secret };
}

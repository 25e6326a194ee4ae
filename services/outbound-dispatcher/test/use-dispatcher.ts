import { callApi, startReceiver, useStack, type ApiAnswer, type Receiver, type Stack } from '@waggle/testkit';
import { afterAll, beforeAll } from '@jest/globals';
import { createApp } from '../src/app.ts';
import { loadConfig } from '../src/config.ts';
import { anEvent, recordOf } from './given.ts';

interface Given {
  key?: string;
  idempotencyKey?: string;
}

interface Dispatcher {
  stack: Stack;
  receiver: Receiver;
  workspaceId: string;
  systemKey: string;
  /** Of `usr_1`. */
  userKey: string;
  stop(): Promise<void>;
  call(method: string, path: string, body?: unknown, given?: Given): Promise<ApiAnswer>;
  /** An endpoint for everything, unless told otherwise, at the receiver. */
  register(path: string, given?: object, key?: string): Promise<{ id: string; secret: string; [field: string]: unknown }>;
  publish(...events: ReturnType<typeof anEvent>[]): Promise<ReturnType<typeof anEvent>[]>;
  /** As listed, newest first. */
  deliveriesTo(endpointId: string): Promise<any[]>; // oxlint-disable-line typescript/no-explicit-any
}

export const SETTINGS = { EGRESS_ALLOW_CIDRS: '127.0.0.0/8', ALLOW_INSECURE_ENDPOINTS: 'true', API_LIMIT_PER_MINUTE: '100000' };

/** A dispatcher in this process behind a real core, a workspace with keys, and a receiver. What it answers with is whole once tests run. */
export function useDispatcher(settings: NodeJS.ProcessEnv): Dispatcher {
  const stack = useStack();
  const keys = { workspaceId: '', systemKey: '', userKey: '' };
  let receiver: Receiver;
  let stop: () => Promise<void>;
  beforeAll(async () => {
    receiver = await startReceiver();
    await stack.start('behavior-core');
    const core = `${stack.urlOf('behavior-core')}/v1/users/usr_1`;
    Object.assign(keys, await stack.createWorkspace());
    await callApi('PUT', `${core}/settings`, { key: keys.systemKey, body: {} });
    keys.userKey = (await callApi('POST', `${core}/api-keys`, { key: keys.systemKey, body: { label: 'test' } })).body.api_key;
    stop = await stack.run(createApp(loadConfig(stack.envOf('outbound-dispatcher', { ...SETTINGS, ...settings }))).components);
  }, 60_000);
  afterAll(() => receiver.stop());

  const call: Dispatcher['call'] = (method, path, body, { key = keys.systemKey, idempotencyKey } = {}) =>
    callApi(method, `${stack.urlOf('outbound-dispatcher')}/v1/webhooks${path}`, { key, body, ...(idempotencyKey !== undefined && { headers: { 'idempotency-key': idempotencyKey } }) });
  return {
    stack,
    get receiver() { return receiver; },
    get workspaceId() { return keys.workspaceId; },
    get systemKey() { return keys.systemKey; },
    get userKey() { return keys.userKey; },
    stop: () => stop(),
    call,
    register: async (path, given = {}, key = keys.systemKey) => (await call('POST', '/endpoints', { url: receiver.url(path), event_types: ['*'], ...given }, { key })).body,
    async publish(...events) {
      await stack.publish(events.map(recordOf));
      return events;
    },
    deliveriesTo: async (id) => (await call('GET', `/deliveries?endpoint_id=${id}`)).body.data,
  };
}

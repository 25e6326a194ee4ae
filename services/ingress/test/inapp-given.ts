import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { signInAppEvent } from '@waggle/client';
import { callApi, type ApiAnswer, type Stack } from '@waggle/testkit';

/** One who sends in-app events: a campaign and a key to it. */
export interface Sender {
  campaignId: number;
  keyId: string;
  secret: string;
}

export interface SendOptions {
  headers?: Record<string, string | undefined>;
  /** What goes over the wire, where it is not simply the body. */
  wire?: string | Uint8Array<ArrayBuffer> | ReadableStream;
  at?: number;
  /** Of an ingress. */
  url?: string;
}

export const seconds = () => Math.floor(Date.now() / 1_000);

/** What administration and partners do, over HTTP and with a workspace of its own. */
export function createGiven(stack: Stack, coreUrl: () => string = () => stack.urlOf('behavior-core')) {
  let systemKey = '';

  const call = (method: string, path: string, body?: unknown) => callApi(method, `${coreUrl()}/v1/campaigns${path}`, { key: systemKey, body });
  const admin = (path: string, body?: unknown) => call(body === undefined ? 'GET' : 'POST', path, body);

  /** As the guide's example does it. */
  async function send(sender: Sender, body: unknown, { headers = {}, wire, at = seconds(), url = stack.urlOf('ingress') }: SendOptions = {}): Promise<ApiAnswer> {
    const given = {
      'Content-Type': 'application/json', 'X-Buzz-Key-Id': sender.keyId, 'X-Buzz-Timestamp': String(at), 'X-Buzz-Signature': signInAppEvent(sender.secret, at, body), ...headers,
    };
    const defined = Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] satisfies [string, string]]));
    const init: RequestInit = { method: 'POST', headers: defined, body: wire ?? JSON.stringify(body), duplex: 'half' };
    const response = await fetch(`${url}/user/inapp/webhooks`, init);
    return { status: response.status, headers: response.headers, body: await response.json() };
  }

  return {
    call,
    admin,
    send,
    async workspace() {
      ({ systemKey } = await stack.createWorkspace());
    },
    /** A campaign with a task that `purchase_completed` awards, and a key to it. */
    async aSender({ key = {}, campaign = {}, task = {} }: { key?: object; campaign?: object; task?: object } = {}): Promise<Sender> {
      const campaignId: number = (await admin('', { name: 'Winter', status: 'active', ...campaign })).body.id;
      const taskId = (await admin(`/${campaignId}/tasks`, { name: 'Buy', points: 10, recurrence: 'unlimited', ...task })).body.id;
      await admin(`/${campaignId}/mappings`, { event_type: 'purchase_completed', task_id: taskId });
      const { body } = await admin(`/${campaignId}/inapp-keys`, { label: 'shop', rate_limit_per_minute: 10_000, ...key });
      return { campaignId, keyId: body.key_id, secret: body.secret };
    },
    seenOf: async (sender: Sender, eventId: unknown) => (await admin(`/${sender.campaignId}/inapp-events?event_id=${String(eventId)}`)).body.data[0],
    awardsOf: async (sender: Sender) => (await admin(`/${sender.campaignId}/awards?limit=200`)).body.data,
  };
}

let count = 0;
export const anEvent = (sender: Sender, fields: object = {}): Record<string, unknown> => ({
  schema_version: '1.0', event_id: `evt_purchase_${count++}`, event_type: 'purchase_completed', campaign_id: sender.campaignId,
  occurred_at: '2026-01-02T03:04:05.000Z', user: { wallet: '0x52908400098527886E0F7030069857D2E4169EE7' }, ...fields,
});

export interface RawRequest {
  /** Request line and headers, without what every request has. */
  head: readonly string[];
  pieces: readonly (string | Uint8Array)[];
  /** Between the pieces. */
  pauseMs?: number;
}

/** HTTP byte by byte, for what no client would send. The status is 0 when the connection ended without an answer. */
export async function exchange(url: string, { head, pieces, pauseMs = 0 }: RawRequest): Promise<{ status: number; head: string; body: string }> {
  const socket = open(url, head);
  let answer = '';
  const answered = new Promise<void>((resolve) => {
    socket.setEncoding('utf8').on('close', () => resolve()).on('data', (text: string) => {
      answer += text;
      if (isWhole(answer)) resolve();
    });
  });
  for (const piece of pieces) {
    if (pauseMs > 0) await pause(pauseMs);
    if (socket.writable) socket.write(piece);
  }
  await answered;
  socket.destroy();
  const end = answer.indexOf(END_OF_HEAD);
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0), head: answer.slice(0, end), body: answer.slice(end + END_OF_HEAD.length) };
}

/** Begins a request and goes away. */
export async function abandon(url: string, { head, pieces }: RawRequest): Promise<void> {
  const socket = open(url, head);
  await new Promise<void>((resolve) => {
    for (const piece of pieces) socket.write(piece, () => { socket.destroy(); });
    socket.on('close', () => resolve());
  });
}

const END_OF_HEAD = '\r\n\r\n';

/** All of ours say their length; what Node itself says comes in chunks or ends with the connection. */
function isWhole(answer: string): boolean {
  const end = answer.indexOf(END_OF_HEAD);
  if (/\r\ntransfer-encoding: chunked/i.test(answer)) return answer.endsWith('0\r\n\r\n');
  const length = /\r\ncontent-length: (\d+)/i.exec(answer)?.[1];
  return end >= 0 && length !== undefined && Buffer.byteLength(answer.slice(end + END_OF_HEAD.length)) >= Number(length);
}

/** A request's head, sent. */
export function open(url: string, head: readonly string[]): Socket {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname).on('error', () => {});
  socket.write(Buffer.from([...head, 'Host: localhost', '', ''].join('\r\n'), 'latin1'));
  return socket;
}

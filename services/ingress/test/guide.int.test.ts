import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { canonicalJson, signInAppEvent } from '@waggle/client';
import { callApi, eventually, useStack } from '@waggle/testkit';
import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createApp } from '../src/app.ts';
import { loadConfig } from '../src/config.ts';
import { createGiven, type Sender } from './inapp-given.ts';

// What the guide says is what happens: its programs, as they are printed, against the real thing.
const stack = useStack();
const { aSender, seenOf, workspace } = createGiven(stack);
const GUIDES = join(import.meta.dirname, '../../../docs/guides');
const SCRIPT = join(GUIDES, 'send_in_app_event.py');
const WALLET = '0x52908400098527886E0F7030069857D2E4169EE7';
const run = promisify(execFile);
let sender: Sender;

beforeAll(async () => {
  await stack.start('behavior-core');
  await workspace();
  await stack.run(createApp(loadConfig(stack.envOf('ingress'))).components);
  sender = await aSender();
}, 60_000);

const environmentFor = ({ keyId, secret, campaignId }: Sender, eventId: string) => ({
  PATH: process.env['PATH'], BASE_URL: stack.urlOf('ingress'), INAPP_KEY_ID: keyId, INAPP_SECRET: secret, CAMPAIGN_ID: String(campaignId), USER_WALLET: WALLET,
  EVENT_ID: eventId, EVENT_TYPE: 'purchase_completed',
});
const awarded = (eventId: string) =>
  eventually(async () => expect(await seenOf(sender, eventId)).toMatchObject({ processing_status: 'awarded', wallet: WALLET.toLowerCase(), awards: [{ points: 10 }] }));

test("the page's example is accepted as it is printed, and a second time as a duplicate", async () => {
  const page = await readFile(join(GUIDES, 'in-app-events.md'), 'utf8');
  const [, example = ''] = /```js\n([\s\S]*?)```/.exec(page) ?? [];
  const directory = await mkdtemp(join(tmpdir(), 'waggle-guide-'));
  try {
    const file = join(directory, 'example.mjs');
    await writeFile(file, example);
    const send = async (of: Sender) => run(process.execPath, [file], { env: environmentFor(of, 'order_1') });
    expect(JSON.parse((await send(sender)).stdout)).toMatchObject({ status: 200, data: { duplicate: false, event_id: 'order_1', processing_status: 'accepted' } });
    await awarded('order_1');
    expect(JSON.parse((await send(sender)).stdout)).toMatchObject({ status: 200, data: { duplicate: true } });
    await expect(send({ ...sender, secret: 'wrong' })).rejects.toMatchObject({ code: 1, stdout: expect.stringContaining('invalid_signature') });
  } finally {
    await rm(directory, { recursive: true });
  }
});

test('the requests of the page about inbound events are answered as it says, in their order', async () => {
  const { systemKey: key } = await stack.createWorkspace();
  const page = await readFile(join(GUIDES, 'send-inbound-events.md'), 'utf8');
  const requests = [...page.matchAll(/send (\/v1\/\S+)[^\n']*(?:'Idempotency-Key[^\n']*' )?-d '([\s\S]*?)'\n/g)];
  const answers = [];
  for (const [, path = '', body] of requests) {
    const service = /inbound|bulk/.test(path) ? 'ingress' : 'behavior-core';
    const { status, body: told } = await callApi('POST', stack.urlOf(service) + path, { key, body });
    answers.push([status, told.status ?? told.results?.map((result: { status: string }) => result.status) ?? told.name]);
  }
  expect(answers).toEqual([
    [201, 'active'], [200, 'processed'], [200, 'processed'], [200, ['processed', 'processed', 'processed', 'failed']], [201, 'starter'], [200, 'processed'],
  ]);

  const [, lines = ''] = /<<'LINES'\n([\s\S]*?)LINES\n/.exec(page) ?? [];
  const upload = { key, body: lines, headers: { 'content-type': 'application/x-ndjson' } };
  const { status, headers } = await callApi('POST', `${stack.urlOf('ingress')}/v1/activities/bulk`, upload);
  expect(status).toBe(202);
  const operation = stack.urlOf('behavior-core') + headers.get('location');
  await eventually(async () => expect((await callApi('GET', operation, { key })).body).toMatchObject({ status: 'completed', total: 2, done: 2, failed: 0 }));
});

/** To ingress: the first request is cut off before it gets there, the second before its answer is told. */
async function aBadLine({ hostname, port }: URL) {
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    if (connections === 1) socket.destroy();
    else hold(socket, connect(Number(port), hostname), connections === 2);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const own = typeof address === 'object' ? address?.port : address;
  return { url: `http://127.0.0.1:${own}`, connections: () => connections, close: () => new Promise((resolve) => server.close(resolve)) };
}

function hold(socket: Socket, onward: Socket, isAnswerLost: boolean) {
  socket.on('error', () => {}).on('close', () => onward.destroy()).pipe(onward);
  onward.on('error', () => {}).on('close', () => socket.destroy());
  if (isAnswerLost) onward.once('data', () => socket.destroy());
  else onward.pipe(socket);
}

const hasPython = spawnSync('python3', ['--version']).status === 0;

(hasPython ? describe : describe.skip)('the Python script', () => {
  test('is forty lines, signs and is accepted', async () => {
    expect((await readFile(SCRIPT, 'utf8')).trimEnd().split('\n').length).toBeLessThanOrEqual(40);
    const send = async (eventId: string) => JSON.parse((await run('python3', [SCRIPT], { env: environmentFor(sender, eventId) })).stdout);
    expect(await send('python_1')).toMatchObject({ success: true, duplicate: false, event_id: 'python_1' });
    await awarded('python_1');
    expect(await send('Überweisung 😀')).toMatchObject({ duplicate: false, event_id: 'Überweisung 😀' });
  });

  test('waits for Retry-After, and gives up at once where waiting does not help', async () => {
    const limited = await aSender({ key: { rate_limit_per_minute: 1 } });
    await run('python3', [SCRIPT], { env: environmentFor(limited, 'limited_1') });
    // It would wait for most of a minute: whether it does is seen by when it is ended.
    await expect(run('python3', [SCRIPT], { env: environmentFor(limited, 'limited_2'), timeout: 2_000 })).rejects.toMatchObject({ killed: true });
    const failure = await run('python3', [SCRIPT], { env: environmentFor({ ...sender, secret: 'wrong' }, 'x') }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 1, stderr: expect.stringContaining('invalid_signature') });
  });

  test('sends the same event id again where no answer has come, and says in the end that there was none', async () => {
    const line = await aBadLine(new URL(stack.urlOf('ingress')));
    const { stdout } = await run('python3', [SCRIPT], { env: { ...environmentFor(sender, 'python_cut'), BASE_URL: line.url } });
    expect([line.connections(), JSON.parse(stdout)]).toEqual([3, expect.objectContaining({ event_id: 'python_cut', duplicate: true })]);
    await line.close();

    const program = ['import runpy, sys', `runpy.run_path(sys.argv[1])["send"]("${line.url}", "ick_1", "secret", {}, attempts=2)`].join('\n');
    const failure = await run('python3', ['-c', program, SCRIPT]).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 1, stderr: expect.stringMatching(/^No answer: .*refused.*\n$/) });
  });

  test('signs as we do, whatever text, keys and whole numbers there are', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('__proto__', '10', '9', '\uffff', '\u{10000}', '\u007f', '\u2028', '"\\/\b\f\n\r\t', ''));
    const { json } = fc.letrec((tie) => ({
      json: fc.oneof(
        { depthSize: 'small' }, text, fc.maxSafeInteger(), fc.boolean(), fc.constant(null),
        fc.array(tie('json'), { maxLength: 6 }), fc.dictionary(text, tie('json'), { maxKeys: 8 }),
      ),
    }));
    const values = fc.sample(json, 500);
    const program = [
      'import json, runpy, sys', 'script = runpy.run_path(sys.argv[1])', 'values = json.load(sys.stdin)',
      'json.dump([[script["canonical"](v), script["sign"]("test_secret", 1767322945, v)] for v in values], sys.stdout)',
    ].join('\n');
    const output = execFileSync('python3', ['-c', program, SCRIPT], { input: JSON.stringify(values), encoding: 'utf8', maxBuffer: 64 * 1_048_576 });
    // JSON.parse, so that -0 is the 0 that went over the wire.
    expect(JSON.parse(output)).toEqual(values.map((value) => [canonicalJson(value), signInAppEvent('test_secret', 1_767_322_945, value)]));
  });
});

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { freePort } from '../../packages/local-stack/src/ports.ts';
import { identify, isAlive } from '../../packages/local-stack/src/process-identity.ts';
import { startServer } from '../../packages/local-stack/src/server-process.ts';

const directory = mkdtempSync(join(tmpdir(), 'waggle-server-process-'));
afterAll(() => rmSync(directory, { recursive: true }));

const aServer = (program: string, name = 'server') => ({
  name,
  command: process.execPath,
  args: ['-e', program],
  logFile: join(directory, `${name}.log`),
});
const listens = (port: number) => `require('net').createServer().listen(${port}, '127.0.0.1')`;

test('a restarted server has another pid and answers on the same port; a stopped one is gone', async () => {
  const port = await freePort();
  const server = await startServer(aServer(listens(port)), port);
  const first = identify('first', server.pid);
  process.kill(server.pid, 'SIGKILL');
  expect(await server.ended).toBe('killed by SIGKILL');
  await server.restart();
  const second = identify('second', server.pid);
  expect([isAlive(first), isAlive(second), second.pid === first.pid]).toEqual([false, true, false]);
  await server.stop();
  expect(isAlive(second)).toBe(false);
});

test('a server that ends at once is an error with its reason and the end of its log', async () => {
  const failing = aServer(`console.log('the port is cursed'); process.exit(3)`, 'failing');
  await expect(startServer(failing, await freePort())).rejects.toThrow(/failing ended at once \(exit code 3\)[^]*the port is cursed/);
});

test('a program that does not exist is an error that names it', async () => {
  await expect(startServer({ ...aServer('', 'missing'), command: '/nowhere/program' }, await freePort())).rejects.toThrow(
    /missing ended at once/,
  );
});

test('a start that is given up leaves no process behind', async () => {
  const pidFile = join(directory, 'pid');
  const giveUp = new AbortController();
  const deaf = aServer(`require('fs').writeFileSync(${JSON.stringify(pidFile)}, String(process.pid)); setInterval(() => {}, 1000)`, 'deaf');
  const isReady = async () => {
    if (existsSync(pidFile) && readFileSync(pidFile, 'utf8') !== '') giveUp.abort(new Error('given up'));
    return false;
  };
  await expect(startServer({ ...deaf, signal: giveUp.signal }, isReady)).rejects.toThrow('given up');
  expect(isAlive(identify('deaf', Number(readFileSync(pidFile, 'utf8'))))).toBe(false);
});

test('a frozen server can be stopped', async () => {
  const port = await freePort();
  const server = await startServer(aServer(listens(port), 'frozen'), port);
  process.kill(server.pid, 'SIGSTOP');
  await server.stop();
  expect(await server.ended).toBe('killed by SIGTERM');
});

import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { freePort, isFree, rememberPorts } from '../../packages/local-stack/src/ports.ts';

const directory = mkdtempSync(join(tmpdir(), 'waggle-ports-'));
afterAll(() => rmSync(directory, { recursive: true }));
const file = join(directory, 'ports.json');

test('a port is the same at every start, and another once somebody else listens on it', async () => {
  const first = await rememberPorts(file, ['kafka', 'redis']);
  const again = await rememberPorts(file, ['redis', 'ingress-1']);
  expect(again('redis')).toBe(first('redis'));

  const stranger = createServer();
  await new Promise<void>((resolve) => stranger.listen(first('kafka'), '127.0.0.1', resolve));
  expect(await isFree(first('kafka'))).toBe(false);
  const moved = await rememberPorts(file, ['kafka', 'redis']);
  expect(moved('kafka')).not.toBe(first('kafka'));
  expect(moved('redis')).toBe(first('redis'));
  await new Promise((resolve) => stranger.close(resolve));
});

test('no port is given twice, though nobody listens on it yet', async () => {
  const ports: number[] = [];
  for (let count = 0; count < 400; count++) ports.push(await freePort());
  expect(new Set(ports).size).toBe(400);
});

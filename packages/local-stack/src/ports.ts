import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { z } from 'zod';
import { readPassingJson, writeJson } from '@waggle/setup';

// Below the range that Linux takes for outgoing connections (from 32768): a port in it can be gone by the time a server restarts.
const LOWEST = 18_000;
const HIGHEST = 32_700;

// A port that was chosen is free until somebody listens there. So none is given twice, and test files that run at once (each worker of
// Jest has a number) choose from different parts of the range.
const PARTS = 8;
const part = Number(process.env['JEST_WORKER_ID'] ?? 0) % PARTS;
const size = Math.floor((HIGHEST - LOWEST) / PARTS);
const given = new Set<number>();

export async function freePort(): Promise<number> {
  const lowest = LOWEST + part * size;
  for (let attempt = 0; attempt < 1_000; attempt++) {
    const port = randomInt(lowest, lowest + size);
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    return port;
  }
  throw new Error(`no free port between ${lowest} and ${lowest + size}`);
}

/** Whether nobody listens there, on any of this machine's addresses. */
export async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const listening = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false)).listen(port, () => resolve(true));
  });
  if (listening) await new Promise((resolve) => server.close(resolve));
  return listening;
}

const remembered = z.record(z.string(), z.number());

/** A port for each name, the same at every start, or another where somebody else listens now. */
export async function rememberPorts<Name extends string>(file: string, names: readonly Name[]): Promise<(name: Name) => number> {
  const known = remembered.catch({}).parse(readPassingJson(file));
  const chosen = new Map<Name, number>();
  for (const name of names) {
    const last = known[name];
    chosen.set(name, last !== undefined && (await isFree(last)) ? last : await freePort());
  }
  writeJson(file, { ...known, ...Object.fromEntries(chosen) });
  return (name) => chosen.get(name) ?? fail(name);
}

function fail(name: string): never {
  throw new Error(`no port was chosen for ${name}`);
}

import { rmSync } from 'node:fs';

/** Jest's globalTeardown: stops what globalSetup started, and nothing else, and leaves no file of it. */
export default async function stop(): Promise<void> {
  await globalThis.servers?.stop();
  if (globalThis.serversDirectory !== undefined) rmSync(globalThis.serversDirectory, { recursive: true, force: true });
}

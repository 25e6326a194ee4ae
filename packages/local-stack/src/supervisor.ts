import { setTimeout as pause } from 'node:timers/promises';
import type { ServerProcess } from './server-process.ts';

export interface Supervisor {
  /** From now on it is started again whenever it ends. Groups are stopped in the reverse of the order in which they were added. */
  add(group: readonly ServerProcess[]): void;
  processes(): ServerProcess[];
  stop(): Promise<void>;
}

interface SupervisorDeps {
  report(line: string): void;
  /** A process runs under a new pid. */
  onRestart(): void;
}

const FIRST_DELAY_MS = 200;
const LONGEST_DELAY_MS = 15_000;
/** Who ran this long has recovered: the next failure counts as a first one. */
const RECOVERED_MS = 60_000;

export function createSupervisor({ report, onRestart }: SupervisorDeps): Supervisor {
  const groups: ServerProcess[][] = [];
  const stopping = new AbortController();

  async function keepRunning(server: ServerProcess): Promise<void> {
    for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(delayMs * 2, LONGEST_DELAY_MS)) {
      const startedAt = Date.now();
      const how = await server.ended;
      if (stopping.signal.aborted) return;
      if (Date.now() - startedAt > RECOVERED_MS) delayMs = FIRST_DELAY_MS;
      report(`${server.name} ended (${how}), starting it again in ${delayMs / 1_000} s`);
      await pause(delayMs, undefined, { signal: stopping.signal });
      await server.restart().then(
        () => report(`${server.name} runs again`),
        ({ message }: Error) => report(String(message.split('\n')[0])),
      );
      onRestart();
    }
  }

  return {
    add(group) {
      groups.push([...group]);
      // Rejects only by the pause that is cut short when everything stops.
      for (const server of group) keepRunning(server).catch(() => {});
    },
    processes: () => groups.flat(),
    async stop() {
      stopping.abort();
      for (const group of groups.toReversed()) await Promise.all(group.map((server) => server.stop()));
    },
  };
}

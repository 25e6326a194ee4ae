import { expect, test } from '@jest/globals';
import type { ServerProcess } from './server-process.ts';
import { createSupervisor } from './supervisor.ts';

/** A process that ends when the test says so. */
function aProcess(name: string, log: string[] = []) {
  let pid = 1;
  let ending = Promise.withResolvers<string>();
  const restarted = Promise.withResolvers<void>();
  const server: ServerProcess = {
    name,
    get pid() {
      return pid;
    },
    get ended() {
      return ending.promise;
    },
    async restart() {
      pid += 1;
      ending = Promise.withResolvers();
      restarted.resolve();
    },
    async stop() {
      log.push(name);
      ending.resolve('stopped');
    },
  };
  return { server, die: (how: string) => ending.resolve(how), restarted: restarted.promise };
}

test('a process that dies is started again, and whoever keeps the pids is told after it', async () => {
  const pids = Promise.withResolvers<number[]>();
  const lines: string[] = [];
  const { server, die } = aProcess('ingress-1');
  const supervisor = createSupervisor({
    report: (line) => lines.push(line),
    onRestart: () => pids.resolve(supervisor.processes().map(({ pid }) => pid)),
  });
  supervisor.add([server]);
  die('killed by SIGKILL');
  expect(await pids.promise).toEqual([2]);
  expect(lines).toEqual(['ingress-1 ended (killed by SIGKILL), starting it again in 0.2 s', 'ingress-1 runs again']);
  await supervisor.stop();
});

test('groups are stopped in the reverse of the order in which they were added, and nothing is started again', async () => {
  const [stopped, lines]: string[][] = [[], []];
  const supervisor = createSupervisor({ report: (line) => lines?.push(line), onRestart: () => {} });
  for (const name of ['kafka', 'behavior-core-1', 'gateway-1']) supervisor.add([aProcess(name, stopped).server]);
  await supervisor.stop();
  expect(stopped).toEqual(['gateway-1', 'behavior-core-1', 'kafka']);
  expect(lines).toEqual([]);
});

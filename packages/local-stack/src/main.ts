import { parseArgs } from 'node:util';
import { openDataDirectory } from './data-directory.ts';
import { startDetached, waitUntilUp, type BackgroundMessage } from './detached-start.ts';
import { becomeSupervisor, endLeftovers, findSupervisor, resignAsSupervisor } from './running-stack.ts';
import { parseScale } from './services.ts';
import { resetStack, stopStack } from './stop-stack.ts';

const USAGE = `usage: npm start [-- --detach] [-- --scale ingress=2,outbound-dispatcher=3]
       npm run stop
       npm run reset     stops it and deletes its data`;

const stopping = new AbortController();
// Ctrl-C comes twice, from the terminal and from the script that runs us: the first one counts.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopping.abort(new Error('stopped')));

let told = Promise.resolve();
const exitCode = await main().catch(explain);
await told;
process.exit(exitCode);

async function main(): Promise<number> {
  const { command, options } = readArguments();
  const directory = openDataDirectory();
  if (command === 'stop') await stopStack(directory, say);
  else if (command === 'reset') await resetStack(directory, say);
  else return start(directory, options);
  return 0;
}

function readArguments() {
  // `--background` is how a detached start calls this program again; nobody else needs it.
  const options = { detach: { type: 'boolean' }, scale: { type: 'string', multiple: true }, background: { type: 'boolean' } } as const;
  const { values, positionals } = parseArgs({ allowPositionals: true, options });
  const [command = '', ...rest] = positionals;
  if (!['start', 'stop', 'reset'].includes(command) || rest.length > 0) throw new Error(USAGE);
  return { command, options: { detach: false, background: false, ...values, scale: (values.scale ?? []).join(',') } };
}

async function start(
  directory: string,
  { detach, background, scale: scaleText }: { detach: boolean; background: boolean; scale: string },
): Promise<number> {
  const scale = parseScale(scaleText);
  const gatewayPort = readPort(process.env['WAGGLE_PORT'] ?? '8080');
  const running = findSupervisor(directory);
  if (running !== null) {
    say(`Waggle runs already (process ${running.pid}). Stop it with: npm run stop`);
    return detach ? waitUntilUp(directory, stopping.signal) : 1;
  }
  if (detach) {
    const args = [...process.execArgv, import.meta.filename, 'start', '--background', ...(scaleText === '' ? [] : ['--scale', scaleText])];
    return startDetached({ directory, args, report: say, signal: stopping.signal });
  }
  if (!becomeSupervisor(directory)) throw new Error('Waggle is being started by somebody else just now');
  try {
    await endLeftovers(directory);
    const { runStack } = await import('./start-stack.ts'); // most of this package, which stopping does without
    say(`Starting Waggle in ${directory}`);
    await runStack({ directory, scale, gatewayPort, report: say, signal: stopping.signal }, () => {
      say(background ? 'It runs in the background. Stop it with: npm run stop' : 'Ctrl-C stops everything that was started.');
      if (background) tellParent({ isReady: true });
    });
    return 0;
  } finally {
    resignAsSupervisor(directory);
  }
}

function readPort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new Error(`WAGGLE_PORT is ${text}, which is not a port`);
  return port;
}

function say(line: string) {
  console.log(line);
  tellParent({ line });
}

function tellParent(message: BackgroundMessage) {
  if (!process.connected) return;
  const sent = new Promise<void>((resolve) => process.send?.(message, undefined, undefined, () => resolve()));
  told = told.then(() => sent); // leaving before it is sent would lose it
}

function explain(error: unknown): number {
  if (stopping.signal.aborted) return 130; // whatever failed then, failed because everything was being stopped
  for (let cause = error; cause instanceof Error; cause = cause.cause) say(cause.message);
  return 1;
}

import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { withPrivileges, type Account } from './privileges.ts';
import { lastLines } from './run-command.ts';

export interface ServerProcess {
  readonly name: string;
  /** Of the process that runs now: another one after a restart. */
  readonly pid: number;
  /** Resolves when the process that runs now has ended, with the reason in words. */
  readonly ended: Promise<string>;
  /** Ends it in order; one that does not end within 20 s is killed. */
  stop(): Promise<void>;
  /** Starts the same command again, after ending what still runs; resolves once it is ready. */
  restart(): Promise<void>;
}

export interface ServerCommand {
  name: string;
  command: string;
  args: readonly string[];
  logFile: string;
  /** Added to this process's own environment; undefined takes a variable out. */
  env?: NodeJS.ProcessEnv;
  account?: Account | null;
  stopSignal?: NodeJS.Signals;
  afterStop?: () => void;
  /** Gives the start up: the process is ended and the start rejects. */
  signal?: AbortSignal | undefined;
}

/** How to know that it can be used: its port accepts connections, or a question of its own is answered. */
export type Ready = number | (() => Promise<boolean>);

const STOP_TIMEOUT_MS = 20_000;
const START_TIMEOUT_MS = 90_000;

interface Run {
  child: ChildProcess;
  pid: number;
  ended: Promise<string>;
  endedBy: string | null;
}

/** Starts a server with its own log file and resolves once it is ready. A server that cannot start leaves no process behind. */
export async function startServer(command: ServerCommand, ready: Ready): Promise<ServerProcess> {
  command.signal?.throwIfAborted();
  let stopping = new AbortController();
  let run = open(command);
  const becomeReadyOrEnd = async () => {
    const signal = AbortSignal.any([stopping.signal, ...(command.signal ? [command.signal] : [])]);
    try {
      await becomeReady(run, command, { isReady: typeof ready === 'number' ? () => isListening(ready) : ready, signal });
    } catch (error) {
      await halt(run, command.stopSignal);
      throw error;
    }
  };
  await becomeReadyOrEnd();
  let restarting: Promise<void> = Promise.resolve();
  return {
    name: command.name,
    get pid() {
      return run.pid;
    },
    get ended() {
      return run.ended;
    },
    restart() {
      stopping = new AbortController();
      restarting = halt(run, command.stopSignal).then(() => {
        command.signal?.throwIfAborted();
        run = open(command);
        return becomeReadyOrEnd();
      });
      return restarting;
    },
    async stop() {
      stopping.abort(new Error(`${command.name} is being stopped`));
      await restarting.catch(() => {});
      await halt(run, command.stopSignal);
      command.afterStop?.();
    },
  };
}

function open({ command, args, logFile, env, account, stopSignal }: ServerCommand): Run {
  const [file = '', ...rest] = withPrivileges([command, ...args], { account: account ?? null, endSignal: stopSignal ?? 'SIGTERM' });
  const log = openSync(logFile, 'a', 0o600);
  // A session of its own: Ctrl-C in the terminal reaches the supervisor alone, and it stops the rest in order.
  const child = spawn(file, rest, { stdio: ['ignore', log, log], env: { ...process.env, ...env }, detached: true });
  closeSync(log);
  const { promise: ended, resolve } = Promise.withResolvers<string>();
  const run: Run = { child, pid: child.pid ?? -1, ended, endedBy: null };
  const end = (how: string) => {
    run.endedBy = how;
    resolve(how);
  };
  child
    .once('error', ({ message }) => end(message))
    .once('exit', (code, killedBy) => end(killedBy === null ? `exit code ${code}` : `killed by ${killedBy}`));
  return run;
}

async function becomeReady(
  run: Run,
  { name, logFile }: ServerCommand,
  { isReady, signal }: { isReady: () => Promise<boolean>; signal: AbortSignal },
) {
  for (const deadline = Date.now() + START_TIMEOUT_MS; ; await pause(50)) {
    signal.throwIfAborted();
    const answered = await isReady();
    if (run.endedBy !== null) throw new Error(`${name} ended at once (${run.endedBy}), see ${logFile}\n${endOfLog(logFile)}`);
    if (answered) return;
    if (Date.now() > deadline)
      throw new Error(`${name} does not answer ${START_TIMEOUT_MS / 1_000} s after its start, see ${logFile}\n${endOfLog(logFile)}`);
  }
}

const endOfLog = (logFile: string) => lastLines(readFileSync(logFile, 'utf8'));

async function halt(run: Run, stopSignal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (run.endedBy !== null) return;
  run.child.kill(stopSignal);
  run.child.kill('SIGCONT'); // a frozen process takes no signal but this one
  const killing = setTimeout(() => run.child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await run.ended;
  clearTimeout(killing);
}

export function isListening(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host, timeout: 1_000 });
    const answer = (isOpen: boolean) => {
      socket.destroy();
      resolve(isOpen);
    };
    socket
      .once('connect', () => answer(true))
      .once('error', () => answer(false))
      .once('timeout', () => answer(false));
  });
}

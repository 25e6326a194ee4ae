import { setPatientTimeout, warnSeldom, type Component, type Logger } from '@waggle/runtime';
import { Redis, type Command } from 'ioredis';

export interface RedisSettings {
  url: string;
  /** So long a command may take; a connection on which nothing has come for a hundred times as long is opened anew. */
  timeoutMs: number;
}

/**
 * ioredis has a time-out of its own, which counts the time in which this process was too busy to read: an answer that had been there for long was
 * thrown away, and a limit was kept locally though Redis had counted.
 */
class PatientRedis extends Redis {
  private readonly timeoutMs: number;

  constructor({ url, timeoutMs }: RedisSettings) {
    super(url, {
      lazyConnect: true,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      connectTimeout: 1_000,
      // A server that hangs closes nothing, and commands that nobody waits for any more would be gathered until it answers.
      socketTimeout: 100 * timeoutMs,
      enableAutoPipelining: true,
      retryStrategy: (attempt) => Math.min(100 * attempt, 1_000),
    });
    this.timeoutMs = timeoutMs;
  }

  override sendCommand(command: Command, stream?: Parameters<Redis['sendCommand']>[1]): unknown {
    const timer = setPatientTimeout(() => {
      if (!command.isSettled) command.reject(new Error('Command timed out'));
    }, this.timeoutMs);
    const settled = () => { clearTimeout(timer); };
    command.promise.then(settled, settled);
    return super.sendCommand(command, stream);
  }
}

/** Fails at once while Redis is away: nothing that is asked of it on the way of a request is worth waiting for. */
export function createRedis(settings: RedisSettings, logger: Logger): Component & { client: Redis } {
  const client = new PatientRedis(settings);
  client.on('error', warnSeldom(logger, 'redis'));
  return {
    name: 'redis',
    client,
    // A service starts without Redis too: it is only ever degraded by its absence.
    start: () => client.connect().catch(() => {}),
    stop: async () => client.disconnect(),
    health: () => null,
  };
}

import { warnSeldom, type Component, type Logger } from '@waggle/runtime';
import type { Redis } from 'ioredis';

interface InstanceCountDeps {
  redis: Redis;
  logger: Logger;
  /** The service's name: its instances count each other. */
  service: string;
  instanceId: string;
}

export interface InstanceCount extends Component {
  /** How many there were when Redis was last asked; one until then. */
  count(): number;
}

const ANNOUNCED_EVERY_MS = 2_000;
/** Who has not been heard of for so long is gone. */
const GONE_AFTER_MS = 7_000;

// By Redis's own clock, as the limits: those of the instances do not matter.
const ANNOUNCE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return redis.call('ZCARD', KEYS[1])`;

/** Announces this instance in Redis, and remembers how many do: for the time when Redis is away, when each allows its share of a limit. */
export function createInstanceCount({ redis, logger, service, instanceId }: InstanceCountDeps): InstanceCount {
  const key = `instances:${service}`;
  const warn = warnSeldom(logger, 'instances are not counted');
  let last = 1;
  let timer: NodeJS.Timeout;

  async function announce() {
    try {
      last = Number(await redis.eval(ANNOUNCE, 1, key, instanceId, GONE_AFTER_MS));
    } catch (error) {
      warn(error);
    }
  }

  return {
    name: 'instance count',
    count: () => last,
    async start() {
      await announce();
      timer = setInterval(() => void announce(), ANNOUNCED_EVERY_MS);
    },
    async stop() {
      clearInterval(timer);
      await redis.zrem(key, instanceId).catch(warn);
    },
    health: () => null,
  };
}

import { createProducer, readTopic, type KafkaRecord, type KafkaSettings, type RawRecord, type RecordBytes } from '@waggle/kafka';
import { createLogger } from '@waggle/runtime';

/** Those who set records aside. */
export const CONSUMING_SERVICES = ['behavior-core', 'outbound-dispatcher', 'event-log'] as const;
export type ConsumingService = (typeof CONSUMING_SERVICES)[number];

const topicOf = (service: ConsumingService) => `private.${service}.dead-letter.v1`;
/** What has been put back: a record may be put back once, or its effect could come twice where it is not deduplicated. */
const REDRIVEN_TOPIC = 'private.dead-letter.redriven.v1';
const logger = createLogger('dead letters', 'silent');

/** What a consumer added to the original's headers, and what putting it back adds. */
const OURS = ['reason', 'error', 'topic', 'partition', 'offset'];
const REDRIVES = 'redrives';

export interface DeadLetter {
  /** `<service>:<partition>:<offset>` of the dead letter itself. */
  id: string;
  service: ConsumingService;
  reason: string;
  error: string;
  /** Where the original was. */
  topic: string;
  partition: number;
  offset: string;
  /** Null: the original has none. */
  key: string | null;
  /** How often it had been put back before it was set aside again. */
  redrives: number;
  redriven_at: string | null;
}

export interface WholeDeadLetter extends DeadLetter {
  headers: Record<string, string>;
  /** Null: there is none, a tombstone. */
  value: string | null;
  /** Where the texts do not say it all. */
  bytes?: RecordBytes | undefined;
}

export interface Selection {
  services: readonly ConsumingService[];
  reason?: string | undefined;
  ids?: readonly string[] | undefined;
}

/** Oldest first of each partition. Values are kept only where `ids` names them: there may be many. */
export async function findDeadLetters(settings: KafkaSettings, { services, reason, ids }: Selection): Promise<WholeDeadLetter[]> {
  const redriven = await readRedriven(settings);
  const found: WholeDeadLetter[] = [];
  for (const service of services) {
    await readTopic(settings, logger, {
      topic: topicOf(service),
      async receive(records) {
        const letters = records.map((record) => toDeadLetter(service, record, redriven));
        const chosen = letters.filter((letter) => (reason === undefined || letter.reason === reason) && (ids?.includes(letter.id) ?? true));
        found.push(...chosen.map((letter) => (ids === undefined ? { ...letter, value: '', bytes: undefined } : letter)));
      },
    });
  }
  return found;
}

/** Puts the originals back where they came from, each once; what was put back before is passed over. Answers those that were. */
export async function redriveDeadLetters(settings: KafkaSettings, selection: Selection): Promise<DeadLetter[]> {
  const producer = createProducer(settings, logger);
  await producer.start(() => {});
  const redriven: DeadLetter[] = [];
  try {
    const waiting = (await findDeadLetters(settings, selection)).filter(({ redriven_at: at }) => at === null);
    // A hundred in memory at a time: without ids a selection may be all there are.
    for (let start = 0; start < waiting.length; start += 100) {
      const part = waiting.slice(start, start + 100);
      const whole = await findDeadLetters(settings, { services: selection.services, ids: part.map(({ id }) => id) });
      await producer.publish(whole.map(toOriginal));
      // Behind it: a crash in between is a second copy, which every consumer knows for one.
      const at = new Date().toISOString();
      await producer.publish(whole.map(({ id }) => ({ topic: REDRIVEN_TOPIC, key: id, value: JSON.stringify({ id, redriven_at: at }), headers: {} })));
      redriven.push(...whole.map((letter) => ({ ...withoutContent(letter), redriven_at: at })));
    }
    return redriven;
  } finally {
    await producer.stop();
  }
}

/** As a list shows it. */
export function withoutContent(letter: WholeDeadLetter): DeadLetter {
  const { value: _value, headers: _headers, bytes: _bytes, ...shown } = letter;
  return shown;
}

async function readRedriven(settings: KafkaSettings): Promise<Map<string, string>> {
  const redriven = new Map<string, string>();
  await readTopic(settings, logger, {
    topic: REDRIVEN_TOPIC,
    async receive(records) {
      for (const { key, value } of records) redriven.set(key, String(JSON.parse(value).redriven_at));
    },
  });
  return redriven;
}

function toDeadLetter(service: ConsumingService, { partition, offset, key, value, headers, bytes }: RawRecord, redriven: ReadonlyMap<string, string>): WholeDeadLetter {
  const id = `${service}:${partition}:${offset}`;
  const { reason = '', error = '', topic = '', partition: from = '0', offset: at = '', [REDRIVES]: redrives = '0' } = headers;
  const told = { key: bytes?.key === null ? null : key, value: bytes?.value === null ? null : value, bytes };
  return { id, service, reason, error, topic, partition: Number(from), offset: at, redrives: Number(redrives), redriven_at: redriven.get(id) ?? null, headers, ...told };
}

function toOriginal({ topic, key, value, headers, redrives, bytes }: WholeDeadLetter): KafkaRecord {
  const own = <Header>(all: Record<string, Header>) => ({ ...Object.fromEntries(Object.entries(all).filter(([name]) => !OURS.includes(name))), [REDRIVES]: String(redrives + 1) });
  return { topic, key: key ?? '', value: value ?? '', headers: own(headers), bytes: bytes && { ...bytes, headers: own(bytes.headers) } };
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createTopics, grantReadOnly, type KafkaSettings } from '@waggle/kafka';
import { createLogger } from '@waggle/runtime';
import { z } from 'zod';
import { REPOSITORY } from './repository.ts';

const topics = z.array(
  z.strictObject({ topic: z.string(), numPartitions: z.number(), config: z.record(z.string(), z.string()).optional() }),
);

/** Applies `infra/topics.json`, the one list of topics. `numPartitions`: for all of them, instead of what stands there. */
export async function applyTopics(settings: KafkaSettings, { numPartitions }: { numPartitions?: number } = {}): Promise<void> {
  const list = topics.parse(JSON.parse(readFileSync(join(REPOSITORY, 'infra/topics.json'), 'utf8')));
  const wanted = list.map((definition) => ({ ...definition, numPartitions: numPartitions ?? definition.numPartitions }));
  await createTopics(settings, createLogger('setup', 'silent'), wanted);
}

/** What the BI user may do: read `public.` topics, with consumer groups of its own. */
export async function allowReadingForBi(settings: KafkaSettings, user: string): Promise<void> {
  await grantReadOnly(settings, createLogger('setup', 'silent'), { user, topicPrefix: `${settings.prefix}public.`, groupPrefix: 'bi-' });
}

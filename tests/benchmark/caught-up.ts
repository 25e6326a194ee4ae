import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { offsetsOf } from './kafka-offsets.ts';
import type { BenchmarkStack } from './stack.ts';

const TOPIC = 'public.behavior.event.v1';
const GROUPS = ['event-log.behavior-event', 'outbound-dispatcher.behavior-event'];

/** Resolves when nothing is left of what was done: its events are published, logged and handed on. Else one figure would carry another's load. */
export async function caughtUp({ kafka, databases }: BenchmarkStack): Promise<void> {
  const db = new pg.Client({ connectionString: databases.behavior });
  await db.connect();
  try {
    while ((await db.query('SELECT 1 FROM outbox LIMIT 1')).rows.length > 0) await pause(200);
    for (const groupId of GROUPS) while (!isHandled(await offsetsOf(kafka, { topic: TOPIC, groupId }))) await pause(200);
  } finally {
    await db.end();
  }
}

const isHandled = ({ written, handled }: { written: number; handled: number }) => handled >= written;

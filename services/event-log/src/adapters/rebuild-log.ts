import { createReadStream } from 'node:fs';
import { behaviorEvent, campaignEvent, recordedEvent, userDigest, type MessageDefinition, type BehaviorEvent, type CampaignEvent } from '@waggle/contracts';
import { parseValue, type RawRecord } from '@waggle/kafka';
import { readLines } from '@waggle/runtime';
import type { Client } from 'pg';
import { z } from 'zod';
import { isWebhookEvent, toLogEntry, type LogEntry } from '../domain/log-entry.ts';
import { partitionsAhead, type Partition } from '../domain/partition.ts';
import { TAKE_TURNS } from './event-writer.ts';
import { attachPartition, createPartition, LIST_PARTITIONS, READ_CLOCK } from './partition-statements.ts';
import { BEGIN_AGAIN, CATCH_UP, CLEAR_AWAY, COUNTS, DISORDERED, FILL, INDEX_STAGED, MISSING, STAGE, SWAP } from './rebuild-statements.ts';

export interface RebuildDeps {
  /** With no time-outs: this takes as long as it takes. */
  client: Client;
  /** Reads all that a topic holds now. */
  readTopic(reading: { topic: string; receive(records: RawRecord[]): Promise<void> }): Promise<void>;
  report(line: string): void;
}

export interface RebuildSource {
  /** NDJSON of `event-log export`, or of `GET /v1/events/export` with the workspace that it is of. */
  file: string;
  workspaceId: string | undefined;
  /** Compares, and leaves the log as it is. */
  isTrial: boolean;
}

/** The log is as it was: the new one would have been worse. */
class RebuildRefused extends Error {}

/** `orderKey`: what has the same one is in order. */
type StagedEntry = LogEntry & { recordedAt: string | null; orderKey: string };
const STAGED_AT_ONCE = 1_000;
/** The longest line of a file that is read, far above the largest event. */
const LINE_BYTES_MAX = 16 * 1_024 * 1_024;

/** Fills a new table from a file and Kafka, compares it with the log, and puts it into the log's place, under a new epoch. The service may go on meanwhile. */
export async function rebuildLog(deps: RebuildDeps, source: RebuildSource): Promise<void> {
  await rebuild(deps, source).catch(async (error: unknown) => {
    // It takes the room of a second log. Where the connection is gone the next rebuild does this; what failed first is to be told.
    await deps.client.query(CLEAR_AWAY).catch(() => {});
    throw error;
  });
}

async function rebuild(deps: RebuildDeps, source: RebuildSource): Promise<void> {
  const { client, report } = deps;
  for (const statement of BEGIN_AGAIN) await client.query(statement);
  await makePartitions(client);
  const { rows: [head] } = await client.query('SELECT coalesce(max(position), 0)::text AS position FROM events');
  report(`${await stageFile(client, source)} events from ${source.file}`);
  report(`${await stageTopics(deps)} from Kafka`);
  await client.query(INDEX_STAGED);
  await client.query('ANALYZE events_staged');
  await client.query(FILL);
  await compare(client, head.position, report);
  if (source.isTrial) {
    await client.query(CLEAR_AWAY);
    return report('It could be put into the place of the log. Nothing was changed');
  }
  await swap(client, head.position);
  report('The rebuilt log is in its place. Cursors from before answer 410 and say how to go on');
}

/** They end where the log's do, and leave no gaps: the source may have what the log has not, or has dropped. */
async function makePartitions(client: Client): Promise<void> {
  const { rows: partitions } = await client.query<Partition>(LIST_PARTITIONS);
  const { rows: [clock] } = await client.query(READ_CLOCK);
  let from = 0;
  for (const { name, to } of [...partitions, ...partitionsAhead(clock.nowMs, partitions, 'month')].toSorted((one, other) => one.to - other.to)) {
    const partition = { name: name.replace('events', 'events_rebuilt'), from, to };
    await client.query(createPartition(partition.name, 'events_rebuilt'));
    await client.query(attachPartition(partition, 'events_rebuilt'));
    from = to;
  }
}

async function stageFile(client: Client, { file, workspaceId }: RebuildSource): Promise<number> {
  let [count, entries]: [number, StagedEntry[]] = [0, []];
  for await (const { number, bytes } of readLines(createReadStream(file), LINE_BYTES_MAX)) {
    entries.push(parseLine(bytes, number + 1, workspaceId));
    count++;
    if (entries.length === STAGED_AT_ONCE) await stage(client, entries.splice(0), false);
  }
  await stage(client, entries, false);
  return count;
}

const exported = recordedEvent.extend({ workspace_id: z.string().optional(), sequence: z.int().nullish() });

function parseLine(line: Buffer | null, number: number, workspaceId: string | undefined): StagedEntry {
  try {
    if (line === null) throw new Error(`it is longer than ${LINE_BYTES_MAX} bytes`);
    const { recorded_at: recordedAt, sequence = null, workspace_id: named = workspaceId, ...body } = exported.parse(JSON.parse(line.toString()));
    if (named === undefined) throw new Error('it names no workspace: --workspace says which one the export is of');
    const json = { ...body, workspace_id: named };
    const { event, orderKey } = parseAny(json);
    return { ...toLogEntry(event, json), sequence, recordedAt, orderKey };
  } catch (error) {
    throw new RebuildRefused(`Line ${number} of the file cannot be used: ${error instanceof z.ZodError ? z.prettifyError(error) : String(error)}`, { cause: error });
  }
}

function parseAny(value: unknown): { event: BehaviorEvent | CampaignEvent; orderKey: string } {
  const behavior = behaviorEvent.data.safeParse(value);
  if (behavior.success) return { event: behavior.data, orderKey: behaviorEvent.key(behavior.data) };
  const event = campaignEvent.data.parse(value);
  return { event, orderKey: campaignEvent.key(event) };
}

async function stageTopics({ client, readTopic }: RebuildDeps): Promise<number> {
  let count = 0;
  const stageTopic = <Event extends BehaviorEvent | CampaignEvent>({ topic, data, key }: MessageDefinition<z.ZodType<Event>>) => readTopic({
    topic,
    async receive(records) {
      // As the consumers do: what is not valid is with the dead letters, and what no webhook carries is not in the log.
      const entries = records.flatMap(({ value, headers }): StagedEntry[] => {
        const json = parseValue(value);
        const parsed = data.safeParse(json);
        return parsed.success && isWebhookEvent(parsed.data.event) ? [{ ...toLogEntry(parsed.data, json, headers), recordedAt: null, orderKey: key(parsed.data) }] : [];
      });
      count += entries.length;
      for (let start = 0; start < entries.length; start += STAGED_AT_ONCE) await stage(client, entries.slice(start, start + STAGED_AT_ONCE), true);
    },
  });
  await stageTopic(behaviorEvent);
  await stageTopic(campaignEvent);
  return count;
}

async function stage(client: Client, entries: readonly StagedEntry[], isFromKafka: boolean): Promise<void> {
  if (entries.length === 0) return;
  const column = <Value>(of: (entry: StagedEntry) => Value) => entries.map(of);
  await client.query(STAGE, [
    isFromKafka, column(({ workspaceId }) => workspaceId), column(({ eventId }) => eventId), column(({ event }) => event), column(({ userId }) => userId), column(({ entityId }) => entityId),
    column(({ occurredAt }) => occurredAt), column(({ recordedAt }) => recordedAt), column(({ body }) => body), column(({ sequence }) => sequence),
    column(({ workspaceId, userId }) => userDigest({ workspace_id: workspaceId, user_id: userId })), column(({ orderKey }) => orderKey),
  ]);
}

async function compare(client: Client, head: string, report: (line: string) => void): Promise<void> {
  const { rows: missing } = await client.query(MISSING, [head]);
  const late = missing.find(({ isFirst }) => isFirst);
  if (late !== undefined) throw new RebuildRefused(`The source starts later than the log: it lacks the first event of ${late.workspaceId}, and ${late.count} in all. Export the log first`);
  if (missing.length > 0) throw new RebuildRefused(`The source lacks events that the log has: ${missing.map(({ workspaceId, count }) => `${count} of ${workspaceId}`).join(', ')}`);
  const { rows: disordered } = await client.query(DISORDERED);
  if (disordered.length > 0) throw new RebuildRefused(`Events of these users have another order than in the log: ${disordered.map(({ workspaceId, userId }) => `${userId} of ${workspaceId}`).join(', ')}`);
  const { rows: [counts] } = await client.query(COUNTS, [head]);
  report(`${counts.log} events in the log, ${counts.rebuilt} in the rebuilt one; none is missing, and each user's have their order`);
}

async function swap(client: Client, head: string): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query(TAKE_TURNS.text);
    await client.query(CATCH_UP, [head]);
    for (const statement of SWAP) await client.query(statement);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
}

import type { MessageDefinition } from '@waggle/contracts';
import type { z } from 'zod';
import type { RecordBytes } from './record.ts';

/** What became of one record. `rejected` sends it to the dead letters; `error` is what an operator reads there. */
export type Outcome = { kind: 'done'; apart?: readonly FailedPart[] } | { kind: 'skipped'; reason: string } | { kind: 'rejected'; reason: string; error: string };

/** What failed alone of a record that holds many things, as a record's value of its own: it goes to the dead letters, where the rest is done. */
export interface FailedPart {
  value: string;
  error: string;
}

export const done = (): Outcome => ({ kind: 'done' });
export const doneBut = (apart: readonly FailedPart[]): Outcome => ({ kind: 'done', apart });
export const skipped = (reason: string): Outcome => ({ kind: 'skipped', reason });
export const rejected = (reason: string, error = ''): Outcome => ({ kind: 'rejected', reason, error });

export interface RawRecord {
  partition: number;
  offset: string;
  key: string;
  value: string;
  headers: Record<string, string>;
  /** Where the texts do not say it all. */
  bytes?: RecordBytes | undefined;
}

export interface Received<Data> {
  data: Data;
  raw: RawRecord;
}

export interface BatchHandler {
  topic: string;
  /** One outcome per record, in the same order. A throw rolls the whole batch back. */
  handle(records: readonly RawRecord[]): Promise<Outcome[]>;
  /** Told of a record that failed alone, before it goes to the dead letters. */
  onPoisoned?(record: RawRecord, error: unknown): Promise<void>;
}

interface Handling<Data> {
  handle(records: readonly Received<Data>[]): Promise<Outcome[]>;
  onPoisoned?(record: Received<Data>, error: unknown): Promise<void>;
}

/** Parses at the boundary, so that `handle` sees valid messages only and one bad record stops nobody. */
export function defineBatchHandler<Schema extends z.ZodType>(
  { topic, data }: MessageDefinition<Schema>,
  { handle, onPoisoned }: Handling<z.infer<Schema>>,
): BatchHandler {
  return {
    topic,
    async handle(records) {
      const parsed = records.map((raw) => ({ raw, result: data.safeParse(parseValue(raw.value)) }));
      const valid = parsed.flatMap(({ result, raw }) => (result.success ? [{ data: result.data, raw }] : []));
      const outcomes = (valid.length > 0 ? await handle(valid) : []).values();
      return parsed.map(({ raw, result }) => (result.success ? (outcomes.next().value ?? rejected('no_outcome')) : mismatch(raw.value, result.error)));
    },
    async onPoisoned(raw, error) {
      const result = data.safeParse(parseValue(raw.value));
      if (result.success) await onPoisoned?.({ data: result.data, raw }, error);
    },
  };
}

interface Drawing<Data> {
  /** Draws all of them, in order. A throw rolls the whole batch back. */
  handle(records: IteratorObject<Drawn<Data>>): Promise<void>;
  /** Why a record is none of its business: such it is not given. */
  skip?(data: Data): string | null;
}

interface Drawn<Data> extends Received<Data> {
  /** All that the record holds, also what this release does not know. */
  json: unknown;
}

/** The same for who hands records on: each is parsed when it is drawn, so that the first are written while the others are still being parsed. */
export function defineDrawingHandler<Schema extends z.ZodType>({ topic, data }: MessageDefinition<Schema>, { handle, skip }: Drawing<z.infer<Schema>>): BatchHandler {
  return {
    topic,
    async handle(records) {
      const outcomes: Outcome[] = [];
      function* draw() {
        for (const raw of records) {
          const json = parseValue(raw.value);
          const result = data.safeParse(json);
          const reason = result.success ? (skip?.(result.data) ?? null) : null;
          outcomes.push(result.success ? doneOrSkipped(reason) : mismatch(raw.value, result.error));
          if (result.success && reason === null) yield { data: result.data, raw, json };
        }
      }
      await handle(draw());
      return outcomes;
    },
  };
}

const doneOrSkipped = (skippedFor: string | null): Outcome => (skippedFor === null ? done() : skipped(skippedFor));

/** A list of all that might stand there is longer than anybody reads. */
const ERROR_LENGTH_MAX = 300;

function mismatch(value: string, { issues }: z.ZodError): Outcome {
  return rejected('schema_mismatch', parseValue(value) === undefined ? 'The value is not JSON' : describe(issues[0]));
}

function describe(issue: z.core.$ZodIssue | undefined): string {
  const { path = [], message = '' } = issue ?? {};
  const text = path.length === 0 ? message : `${path.join('.')}: ${message}`;
  return text.length <= ERROR_LENGTH_MAX ? text : `${text.slice(0, ERROR_LENGTH_MAX)}…`;
}

/** What a record holds; undefined, which no schema takes, when it is not JSON. */
export function parseValue(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}

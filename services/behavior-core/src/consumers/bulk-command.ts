import { keyOfUser, type bulkCommand, type BulkAnswer, type BulkCommand, type Reply } from '@waggle/contracts';
import { defineBatchHandler, doneBut, type FailedPart } from '@waggle/kafka';
import { Unavailable, type Logger, type RightOfWay } from '@waggle/runtime';
import { setImmediate as turnOfOthers } from 'node:timers/promises';
import type { DecideItems, Progress, TurnOutcome } from '../adapters/bulk/bulk-store.ts';
import { dealIntoLanes, planTurns, sizeOf, type BulkPart } from '../domain/bulk/plan-turns.ts';

export interface BulkCommandDeps {
  /** One transaction for a turn: locks, decisions, effects, events, results, progress. */
  applyTurn(turn: readonly BulkPart[], decide: DecideItems): Promise<TurnOutcome>;
  recordPoisoned(part: BulkPart): Promise<Progress[]>;
  decide: DecideItems;
  answersOf(operations: readonly { workspaceId: string; operationId: string }[]): Promise<BulkAnswer[]>;
  reply(replies: readonly (Reply & { reply_to: string })[]): void;
  /** Told of operations whose items are all done. */
  endOperations(operationIds: readonly string[]): void;
  wake(keys: readonly string[]): void;
  /** Who waits for an answer goes first. */
  rightOfWay: RightOfWay;
  logger: Logger;
}

/** Few, so that a turn takes some milliseconds and single requests wait no longer; where there are none, what costs least. */
const TURN_ITEMS = 50;
const QUIET_TURN_ITEMS = 300;
/** While the database works on one turn the next is decided. */
const LANES = 2;
/** Nobody waits for these events, and the relay is better off with many at once. Its own sweep comes every half second. */
const TURNS_PER_WAKE = 10;

export const bulkCommandHandler = (message: typeof bulkCommand, deps: BulkCommandDeps) =>
  defineBatchHandler(message, {
    async handle(received) {
      const commands = received.map(({ data }) => data);
      const failedItems: FailedItem[] = [];
      const run = { ...deps, setAside: (item: FailedItem) => failedItems.push(item) };
      // All lanes end before a failure is told: what is tried again must not meet itself.
      const lanes = await Promise.allSettled(dealIntoLanes(commands, LANES).map((lane) => runLane(lane, run)));
      const failed = lanes.find((lane) => lane.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
      return commands.map((command) => doneBut(failedItems.filter(({ part }) => isPartOf(part, command)).map(toFailedPart)));
    },
  });

interface FailedItem {
  /** The one item. */
  part: BulkPart;
  error: unknown;
}

interface Run extends BulkCommandDeps {
  setAside(item: FailedItem): void;
}

const isPartOf = ({ operation_id, items: [item] }: BulkPart, command: BulkCommand) =>
  command.operation_id === operation_id && command.items.some(({ index }) => index === item?.index);

/** Put back, it is one more record of the same operation; nobody waits for its answer by then. */
const toFailedPart = ({ part, error }: FailedItem): FailedPart => ({ value: JSON.stringify({ ...part, reply_to: null }), error: String(error) });

async function runLane(commands: readonly BulkCommand[], deps: Run): Promise<void> {
  let turns = 0;
  let keys = new Set<string>();
  const wake = () => {
    deps.wake([...keys]);
    keys = new Set();
  };
  for (const turn of planTurns(commands, () => (deps.rightOfWay.isQuiet() ? QUIET_TURN_ITEMS : TURN_ITEMS))) {
    await deps.rightOfWay.giveWay();
    const startedAt = performance.now();
    for (const key of await runTurn(turn, deps)) keys.add(key);
    await deps.rightOfWay.rest(performance.now() - startedAt);
    if (++turns % TURNS_PER_WAKE === 0) wake();
    await turnOfOthers();
  }
  wake();
}

/** What fails by itself is narrowed down to the one item, in order, so that all others are done. Returns the keys with new events. */
async function runTurn(turn: readonly BulkPart[], deps: Run): Promise<string[]> {
  try {
    const { progress, events } = await deps.applyTurn(turn, deps.decide);
    await answerCompleted(progress, turn, deps);
    return events.map(keyOfUser);
  } catch (error) {
    if (error instanceof Unavailable) throw error;
    const parts = turn.flatMap(toSingleItems);
    if (parts.length > 1) {
      const keys: string[] = [];
      for (const part of parts) keys.push(...await runTurn([part], deps));
      return keys;
    }
    for (const part of parts) {
      deps.logger.error({ err: error, operationId: part.operation_id, index: part.items[0]?.index }, 'bulk item failed alone');
      await answerCompleted(await deps.recordPoisoned(part), turn, deps);
      deps.setAside({ part, error });
    }
    return [];
  }
}

function toSingleItems(part: BulkPart): BulkPart[] {
  if (sizeOf(part) <= 1) return [part];
  const items = part.items.map((item) => ({ ...part, items: [item], refused: [] }));
  return part.refused.length === 0 ? items : [...items, { ...part, items: [] }];
}

/** Only now: an answer must never tell of what could still be rolled back. A redelivered last record is answered again. */
async function answerCompleted(progress: readonly Progress[], turn: readonly BulkPart[], { answersOf, reply, endOperations }: BulkCommandDeps): Promise<void> {
  endOperations(progress.filter(({ isCompleted }) => isCompleted).map(({ operationId }) => operationId));
  const addresses = new Map(turn.flatMap(({ operation_id, reply_to }) => (reply_to === null ? [] : [[operation_id, reply_to] as const])));
  const awaited = progress.filter(({ operationId, isSynchronous, isCompleted }) => isSynchronous && isCompleted && addresses.has(operationId));
  const answers = await answersOf(awaited);
  reply(answers.map((result) => ({ operation_id: result.operation_id, reply_to: addresses.get(result.operation_id)!, replayed: false, result })));
}

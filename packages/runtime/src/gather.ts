import { Unavailable } from './unavailable.ts';

/**
 * One call of `work` in flight; what arrives meanwhile, or in the same turn of the event loop, goes together into the next.
 * Batches grow with the load and nobody waits for a timer. Calls keep the order in which items came.
 */
export function gather<Item>(work: (items: Item[]) => Promise<void>, limits: { waitingMax: number }) {
  let waiting: Item[] = [];
  let nextCall = Promise.withResolvers<void>();
  let isRunning = false;

  async function run() {
    while (waiting.length > 0) {
      const [items, call] = [waiting, nextCall];
      waiting = [];
      nextCall = Promise.withResolvers();
      await work(items).then(call.resolve, call.reject);
    }
    isRunning = false;
  }

  /** Resolves when these items' call has; rejects at once, with `Overloaded`, rather than queue without end. */
  return function add(items: readonly Item[]): Promise<void> {
    if (items.length === 0) return Promise.resolve();
    if (waiting.length + items.length > limits.waitingMax) return Promise.reject(new Overloaded());
    waiting.push(...items);
    const { promise } = nextCall;
    if (!isRunning) {
      isRunning = true;
      // Not at once: the first of many would travel alone, and all others would wait for it.
      setImmediate(() => void run());
    }
    return promise;
  };
}

/** The same for questions: one call asks all that came together, and answers in their order. */
export function gatherAnswers<Question, Answer>(ask: (questions: Question[]) => Promise<readonly Answer[]>, limits: { waitingMax: number }) {
  const add = gather<{ question: Question; answer?: Answer }>(async (asked) => {
    const answers = await ask(asked.map(({ question }) => question));
    for (const [index, one] of asked.entries()) one.answer = answers[index]!;
  }, limits);

  return async (question: Question): Promise<Answer> => {
    const one: { question: Question; answer?: Answer } = { question };
    await add([one]);
    return one.answer!;
  };
}

/** The queue is full: refused at once. */
export class Overloaded extends Unavailable {}

import { eventually } from './eventually.ts';

/**
 * Asks until the answer is the new one. What was asked later than `withinMs` after this was called must not have had the old one: when an answer
 * was read is the machine's affair.
 */
export async function feltWithin<Answer>(withinMs: number, ask: () => Promise<Answer>, isNew: (answer: Answer) => void): Promise<void> {
  const changedAt = Date.now();
  let lastOldAskedAt = changedAt;
  await eventually(async () => {
    const askedAt = Date.now();
    try {
      isNew(await ask());
    } catch (error) {
      lastOldAskedAt = askedAt;
      throw error;
    }
  });
  const oldUntilMs = lastOldAskedAt - changedAt;
  if (oldUntilMs >= withinMs) throw new Error(`What was asked ${oldUntilMs} ms later had the old answer`);
}

import { answerOnce, inProgress, keyReused, type RequestIdentity, type RunOnce, type StoredAnswer } from '@waggle/http';

/** Longer than any such work takes. Whoever has begun it and not answered by then is gone. */
const ABANDONED_AFTER_MS = 15_000;

class Unanswered extends Error {}

/**
 * Idempotency-Key for work that must not hold a transaction open: that it has begun is committed before it, its answer after it. A process
 * that dies between leaves it begun: the next request after `ABANDONED_AFTER_MS` does it again. `prepare` refuses by throwing, and nothing
 * has begun then.
 */
export async function onceOutsideTransaction<Plan>(
  runOnce: RunOnce,
  identity: RequestIdentity,
  { prepare, work }: { prepare(): Promise<Plan>; work(plan: Plan): Promise<StoredAnswer> },
): Promise<StoredAnswer> {
  let plan: Plan | undefined;
  const beginning = await runOnce({ ...identity, id: `${identity.id} begun` }, async () => {
    plan = await prepare();
    return { status: 202, headers: {}, body: String(Date.now()) };
  });
  if (beginning.kind === 'reused') throw keyReused();
  if (beginning.kind === 'in_progress') throw inProgress();
  if (beginning.kind === 'replayed') {
    const known = await answerOnce(runOnce, identity, () => Promise.reject(new Unanswered())).catch((error: unknown) => {
      if (error instanceof Unanswered) return null;
      throw error;
    });
    if (known !== null) return known;
    if (Date.now() - Number(beginning.answer.body) < ABANDONED_AFTER_MS) throw inProgress();
  }
  const answer = await work(plan ?? (await prepare()));
  return answerOnce(runOnce, identity, async () => answer);
}

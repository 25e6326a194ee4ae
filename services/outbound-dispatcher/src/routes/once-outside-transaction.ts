import { answerOnce, inProgress, keyReused, type RequestIdentity, type RunOnce, type StoredAnswer } from '@waggle/http';

/** Longer than any such work takes. Whoever has begun it and not answered by then is gone. */
const ABANDONED_AFTER_MS = 15_000;

class Unanswered extends Error {}

/** What is to be done, or the answer that refuses it. */
type Prepared<Plan> = { plan: Plan } | { refusal: StoredAnswer };

interface Steps<Plan> {
  prepare(): Promise<Plan>;
  work(plan: Plan): Promise<StoredAnswer>;
  /** How a refusal is answered, now and again; throws what must not be kept. */
  toRefusal(error: unknown): StoredAnswer;
}

/**
 * Idempotency-Key for work that must not hold a transaction open: that it has begun is committed before it, its answer after it. A process
 * that dies between leaves it begun: the next request after `ABANDONED_AFTER_MS` does it again. A refusal is an answer like any other. What
 * is thrown before the work has begun leaves nothing.
 */
export async function onceOutsideTransaction<Plan>(runOnce: RunOnce, identity: RequestIdentity, { prepare, work, toRefusal }: Steps<Plan>): Promise<StoredAnswer> {
  const prepareOrRefuse = (): Promise<Prepared<Plan>> => prepare().then((plan) => ({ plan }), (error: unknown) => ({ refusal: toRefusal(error) }));
  let prepared: Prepared<Plan> | undefined;
  const beginning = await runOnce({ ...identity, id: `${identity.id} begun` }, async () => {
    prepared = await prepareOrRefuse();
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
  prepared ??= await prepareOrRefuse();
  const answer = 'refusal' in prepared ? prepared.refusal : await work(prepared.plan).catch(toRefusal);
  return answerOnce(runOnce, identity, async () => answer);
}

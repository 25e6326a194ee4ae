import { campaignEvent, inappEvent, type InappEvent, type Receipt } from '@waggle/contracts';
import { defineBatchHandler, done, skipped, type Outcome } from '@waggle/kafka';
import { decideAwards, type AwardChanges, type CampaignState, type Verdict } from '../domain/campaigns/decide-awards.ts';

export interface InappEventDeps {
  /** One transaction: locks, state, events, awards, counts, outbox. */
  applyInappEvents(events: readonly InappEvent[], decide: (state: CampaignState, now: string) => AwardChanges): Promise<AwardChanges>;
  /** Returns at once and never throws. */
  refreshReceipts(entries: readonly { event: InappEvent; receipt: Receipt }[]): void;
  /** Tells the outbox relay which keys have something new. */
  wake(keys: readonly string[]): void;
}

export const inappEventHandler = ({ applyInappEvents, refreshReceipts, wake }: InappEventDeps) =>
  defineBatchHandler(inappEvent, {
    async handle(received) {
      const events = received.map(({ data }) => data);
      const { verdicts, published } = await applyInappEvents(events, (state, now) => decideAwards(events, state, now));
      // Only now: a receipt must never tell of what could still be rolled back. Repetitions too: the first time may have died before this.
      refreshReceipts(events.map((event, index) => ({ event, receipt: toReceipt(verdicts[index]!) })));
      wake(published.map(campaignEvent.key));
      return verdicts.map(toOutcome);
    },
  });

function toReceipt({ digest, wallet, outcome: { status, reason, awards } }: Verdict): Receipt {
  return { digest, wallet, processing_status: status, reason, awards };
}

const toOutcome = ({ kind }: Verdict): Outcome => (kind === 'processed' ? done() : skipped(kind));

import { environment, pageQuery, processingStatus, toUtc, type InappEventView } from '@waggle/contracts';
import { answerPage, ok, Problem, timePosition, type ApiRequest, type Route } from '@waggle/http';
import { toAwardView, type AwardRow } from '../../adapters/campaigns/award-row.ts';
import type { CampaignStore } from '../../adapters/campaigns/campaign-store.ts';
import type { EventRow, LedgerStore } from '../../adapters/campaigns/ledger-store.ts';
import { walletFilter, wordFilter } from './filters.ts';
import { ownedCampaign } from './owned-campaign.ts';

interface InappEventsDeps {
  store: CampaignStore;
  ledger: LedgerStore;
}

const query = pageQuery.extend({
  status: processingStatus.optional(),
  event_type: wordFilter.optional(),
  wallet: walletFilter.optional(),
  environment: environment.optional(),
  event_id: wordFilter.optional(),
});

/** Campaign in-app event visibility (guide, last line): newest first. */
export function inappEventsRoutes({ store, ledger }: InappEventsDeps): Route[] {
  async function list(request: ApiRequest) {
    const campaign = await ownedCampaign(store, request);
    let awards: ReadonlyMap<string, AwardRow>;
    return answerPage(request, {
      query,
      scope: ['inapp-events', campaign.id],
      position: timePosition,
      async load({ filters, after, limit }) {
        const rows = await ledger.listEvents(campaign, filters, { after, limit });
        awards = await ledger.awardsOf(campaign.workspaceId, rows);
        return rows;
      },
      positionOf: ({ received_at, id }) => [received_at.toISOString(), id],
      toItem: (row) => toView(row, awards),
    });
  }

  async function find(request: ApiRequest) {
    const { workspaceId, id: campaignId } = await ownedCampaign(store, request);
    const id = request.params['event_id']!;
    const row = /^iev_[0-9a-z]{1,60}$/.test(id) ? await ledger.findEvent({ workspaceId, campaignId, id }) : null;
    if (row === null) throw new Problem('not_found', { detail: 'No such in-app event' });
    return ok(toView(row, await ledger.awardsOf(workspaceId, [row])));
  }

  return [
    { method: 'get', path: '/v1/campaigns/:id/inapp-events', handle: list },
    { method: 'get', path: '/v1/campaigns/:id/inapp-events/:event_id', handle: find },
  ];
}

function toView(row: EventRow, awards: ReadonlyMap<string, AwardRow>): InappEventView {
  const { award_ids, occurred_at, received_at, processed_at, ...rest } = row;
  const times = { occurred_at: toUtc(occurred_at), received_at: toUtc(received_at), processed_at: toUtc(processed_at) };
  const found = award_ids.flatMap((id) => awards.get(id) ?? []);
  return { ...rest, ...times, awards: found.map(toAwardView) };
}

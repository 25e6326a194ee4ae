import { campaignEvent, environment, pageQuery, revokeAwardBody, type AwardView } from '@waggle/contracts';
import { answerPage, ok, parseBody, Problem, timePosition, type ApiRequest, type Route } from '@waggle/http';
import { z } from 'zod';
import { toAwardView } from '../../adapters/campaigns/award-row.ts';
import type { CampaignStore } from '../../adapters/campaigns/campaign-store.ts';
import type { LeaderboardRow, LedgerRow, LedgerStore } from '../../adapters/campaigns/ledger-store.ts';
import type { RevocationStore } from '../../adapters/campaigns/revocation-store.ts';
import { administrator } from '../people/named-user.ts';
import { walletFilter, wordFilter } from './filters.ts';
import { ownedCampaign, partId } from './owned-campaign.ts';

interface AwardsDeps {
  store: CampaignStore;
  ledger: LedgerStore;
  revocations: RevocationStore;
  /** Tells the outbox relay which keys have something new. */
  wake(keys: readonly string[]): void;
}

/** Test awards are kept apart: shown only where they are asked for. */
const awardsQuery = pageQuery.extend({ wallet: walletFilter.optional(), task_id: wordFilter.optional(), environment: environment.default('live') });

/** Points, wallet, rank and place (counted from 1) of the last row. */
const leaderboardPosition = z.tuple([z.string().regex(/^\d{1,18}$/), z.string(), z.int(), z.int()]);

type RankedRow = LeaderboardRow & { rank: number; place: number };

export function awardsRoutes({ store, ledger, revocations, wake }: AwardsDeps): Route[] {
  async function list(request: ApiRequest) {
    const campaign = await ownedCampaign(store, request);
    return answerPage(request, {
      query: awardsQuery,
      scope: ['awards', campaign.id],
      position: timePosition,
      load: ({ filters, after, limit }) => ledger.listAwards(campaign.id, filters, { after, limit }),
      positionOf: ({ awarded_at, id }) => [awarded_at.toISOString(), id],
      toItem: (row: LedgerRow): AwardView => ({ ...toAwardView(row), reason: row.reason }),
    });
  }

  async function leaderboard(request: ApiRequest) {
    const campaign = await ownedCampaign(store, request);
    return answerPage(request, {
      query: pageQuery,
      scope: ['leaderboard', campaign.id],
      position: leaderboardPosition,
      async load({ after, limit }) {
        const [points, wallet, rank, place] = after ?? [];
        const from = points === undefined || wallet === undefined ? null : { points, wallet };
        return ranked(await ledger.leaderboard(campaign.id, from, limit), { points, rank: rank ?? 0, place: place ?? 0 });
      },
      positionOf: ({ points, wallet, rank, place }) => [points, wallet, rank, place],
      toItem: ({ rank, wallet, points, awards }) => ({ rank, wallet, points: Number(points), awards }),
    });
  }

  async function revoke(request: ApiRequest) {
    const { id: campaignId } = await ownedCampaign(store, request);
    const { reason } = parseBody(revokeAwardBody, request.body);
    const id = partId(request, 'award_id');
    const revocation = await revocations.revoke(administrator(request), { campaignId, id }, reason);
    if (revocation === 'unknown') throw new Problem('not_found', { detail: 'No such award' });
    if (revocation === 'already_revoked') throw new Problem('already_revoked', { detail: `The award ${id} is revoked` });
    if (revocation === 'is_revocation') throw new Problem('invalid_transition', { detail: 'This entry takes an award back, which is for good' });
    wake(revocation.published.map(campaignEvent.key));
    return ok(revocation.entry);
  }

  return [
    { method: 'get', path: '/v1/campaigns/:id/awards', handle: list },
    { method: 'get', path: '/v1/campaigns/:id/leaderboard', handle: leaderboard },
    { method: 'post', path: '/v1/campaigns/:id/awards/:award_id/revoke', handle: revoke },
  ];
}

/** Equal points share a rank, and the next rank counts them all: 1, 2, 2, 4. */
function ranked(rows: readonly LeaderboardRow[], last: { points: string | undefined; rank: number; place: number }): RankedRow[] {
  let { points, rank, place } = last;
  return rows.map((row) => {
    place++;
    if (row.points !== points) [points, rank] = [row.points, place];
    return { ...row, rank, place };
  });
}

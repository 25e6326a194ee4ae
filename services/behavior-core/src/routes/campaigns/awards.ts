import { environment, pageQuery } from '@waggle/contracts';
import type { ApiRequest, Route } from '@waggle/http';
import { z } from 'zod';
import { toAwardView } from '../../adapters/campaigns/award-row.ts';
import type { CampaignStore } from '../../adapters/campaigns/campaign-store.ts';
import type { LeaderboardRow, LedgerStore } from '../../adapters/campaigns/ledger-store.ts';
import { answerPage, timePosition } from './answer-page.ts';
import { walletFilter, wordFilter } from './filters.ts';
import { ownedCampaign } from './owned-campaign.ts';

interface AwardsDeps {
  store: CampaignStore;
  ledger: LedgerStore;
}

/** Test awards are kept apart: shown only where they are asked for. */
const awardsQuery = pageQuery.extend({ wallet: walletFilter.optional(), task_id: wordFilter.optional(), environment: environment.default('live') });

/** Points, wallet, rank and place (counted from 1) of the last row. */
const leaderboardPosition = z.tuple([z.string().regex(/^\d{1,18}$/), z.string(), z.int(), z.int()]);

type RankedRow = LeaderboardRow & { rank: number; place: number };

export function awardsRoutes({ store, ledger }: AwardsDeps): Route[] {
  async function list(request: ApiRequest) {
    const campaign = await ownedCampaign(store, request);
    return answerPage(request, {
      query: awardsQuery,
      scope: ['awards', campaign.id],
      position: timePosition,
      load: ({ filters, after, limit }) => ledger.listAwards(campaign.id, filters, { after, limit }),
      positionOf: ({ awarded_at, id }) => [awarded_at.toISOString(), id],
      toItem: toAwardView,
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

  return [
    { method: 'get', path: '/v1/campaigns/:id/awards', handle: list },
    { method: 'get', path: '/v1/campaigns/:id/leaderboard', handle: leaderboard },
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

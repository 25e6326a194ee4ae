import { Problem, requireSystemKey, type ApiRequest } from '@waggle/http';
import type { CampaignRow, CampaignStore } from '../../adapters/campaigns/campaign-store.ts';

const INT4_MAX = 2_147_483_647;

/** The campaign that a path names. Another workspace's is answered as an unknown one; a user key may not ask at all. */
export async function ownedCampaign(store: Pick<CampaignStore, 'findCampaign'>, { caller, params }: ApiRequest): Promise<CampaignRow> {
  requireSystemKey(caller);
  const text = params['id']!;
  const id = /^[1-9]\d{0,9}$/.test(text) ? Number(text) : null;
  const campaign = id === null || id > INT4_MAX ? null : await store.findCampaign({ workspaceId: caller.workspaceId, id });
  if (campaign === null) throw unknownCampaign();
  return campaign;
}

export const unknownCampaign = () => new Problem('not_found', { detail: 'No such campaign' });

/** The id of a part of a campaign, as the path has it. What no id can be is looked for as one that nothing has. */
export const partId = ({ params }: ApiRequest, name: string): string => (/^[a-z]{3}_[0-9A-Za-z_-]{1,60}$/.test(params[name]!) ? params[name]! : '');

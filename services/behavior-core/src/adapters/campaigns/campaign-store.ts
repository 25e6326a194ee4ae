import { newId, type createCampaignBody, type createTaskBody } from '@waggle/contracts';
import type { z } from 'zod';
import type { Campaign, CampaignMapping, CampaignTask, PrismaClient } from '../../generated/prisma/client.ts';
import { createAudited, type Administrator } from '../people/audit-log.ts';
import { orUnavailable } from '../prisma.ts';

export type CampaignRow = Campaign;
export type TaskRow = CampaignTask;
export type MappingRow = CampaignMapping;

/** A campaign of one workspace. */
export interface CampaignRef {
  workspaceId: string;
  id: number;
}

/** Ids ascend with their creation, so a list in their order is a list by age. */
export interface After<Id> {
  after: Id | null;
  limit: number;
}

interface Deps {
  prisma: PrismaClient;
  now(): Date;
}

export function createCampaignStore({ prisma, now }: Deps) {
  const stamps = () => {
    const at = now();
    return { createdAt: at, updatedAt: at };
  };

  return {
    createCampaign(by: Administrator, { name, status, inapp_webhooks_enabled, starts_at, ends_at }: z.infer<typeof createCampaignBody>) {
      const data = { workspaceId: by.workspaceId, name, status, inappWebhooksEnabled: inapp_webhooks_enabled, ...toWindow({ starts_at, ends_at }), ...stamps() };
      return orUnavailable(createAudited(prisma, by, 'campaign', (tx) => tx.campaign.create({ data })));
    },
    findCampaign({ workspaceId, id }: CampaignRef): Promise<CampaignRow | null> {
      return orUnavailable(prisma.campaign.findUnique({ where: { workspaceId_id: { workspaceId, id } } }));
    },
    listCampaigns(workspaceId: string, { after, limit }: After<number>): Promise<CampaignRow[]> {
      return orUnavailable(prisma.campaign.findMany({ where: { workspaceId, id: { gt: after ?? 0 } }, orderBy: { id: 'asc' }, take: limit }));
    },

    createTask(by: Administrator, campaign: CampaignRef, { name, verification, points, recurrence, max_awards, ...window }: z.infer<typeof createTaskBody>) {
      const { workspaceId, id: campaignId } = campaign;
      const terms = { name, verification, points, recurrence, maxAwards: max_awards ?? null, ...toWindow(window) };
      const data = { workspaceId, id: newId('tsk', now().getTime()), campaignId, ...terms, ...stamps() };
      return orUnavailable(createAudited(prisma, by, 'campaign_task', (tx) => tx.campaignTask.create({ data })));
    },
    listTasks({ workspaceId, id: campaignId }: CampaignRef, { after, limit }: After<string>): Promise<TaskRow[]> {
      return orUnavailable(prisma.campaignTask.findMany({ where: { workspaceId, campaignId, deletedAt: null, id: { gt: after ?? '' } }, orderBy: { id: 'asc' }, take: limit }));
    },
  };
}
export type CampaignStore = ReturnType<typeof createCampaignStore>;

function toWindow({ starts_at, ends_at }: { starts_at?: string | null | undefined; ends_at?: string | null | undefined }) {
  const toDate = (time: string | null | undefined) => (time === null || time === undefined ? null : new Date(time));
  return { startsAt: toDate(starts_at), endsAt: toDate(ends_at) };
}

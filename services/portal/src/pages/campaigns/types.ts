import type { Award, campaignView, InappEventView, inappKeyView, mappingView, taskView } from '@waggle/contracts';

export type Campaign = (typeof campaignView)['_zod']['output'];
export type Task = (typeof taskView)['_zod']['output'];
export type Mapping = (typeof mappingView)['_zod']['output'];
export type InappKey = (typeof inappKeyView)['_zod']['output'];
export type { Award, InappEventView };

export const pathOf = (campaignId: number | string) => `/v1/campaigns/${campaignId}`;

import {
  awardView, campaignView, changeCampaignBody, changeMappingBody, changeTaskBody, createCampaignBody, createInappKeyBody, createMappingBody, createTaskBody, environment, inappEventView,
  inappKeyView, mappingView, pageQuery, processingStatus, revokeAwardBody, taskView,
} from '@waggle/contracts';
import { z } from 'zod';
import { listOf, type RouteTable } from './route.ts';

const wallet = z.string().regex(/^0x[0-9a-fA-F]{40}$/);
const inappEventQuery = pageQuery.extend({
  status: processingStatus.optional(), event_type: z.string().optional(), wallet: wallet.optional(), environment: environment.optional(), event_id: z.string().optional(),
});
const awardQuery = pageQuery.extend({ wallet: wallet.optional(), task_id: z.string().optional(), environment: environment.default('live') });
const leader = z.object({ rank: z.int(), wallet: z.string(), points: z.int(), awards: z.int() });

export const CAMPAIGN_ROUTES: RouteTable = {
  'POST /v1/campaigns': { summary: 'Create a campaign', body: createCampaignBody, answers: { 201: campaignView } },
  'GET /v1/campaigns': { summary: 'List campaigns', query: pageQuery, answers: { 200: listOf(campaignView) } },
  'GET /v1/campaigns/{id}': { summary: 'Read a campaign', answers: { 200: campaignView } },
  'PATCH /v1/campaigns/{id}': { summary: 'Change a campaign', body: changeCampaignBody, answers: { 200: campaignView } },
  'POST /v1/campaigns/{id}/tasks': { summary: 'Create a task', body: createTaskBody, answers: { 201: taskView } },
  'GET /v1/campaigns/{id}/tasks': { summary: 'List tasks', query: pageQuery, answers: { 200: listOf(taskView) } },
  'PATCH /v1/campaigns/{id}/tasks/{task_id}': { summary: 'Change a task', body: changeTaskBody, answers: { 200: taskView } },
  'DELETE /v1/campaigns/{id}/tasks/{task_id}': { summary: 'Delete a task', answers: { 204: null } },
  'POST /v1/campaigns/{id}/mappings': { summary: 'Map an event type to a task', body: createMappingBody, answers: { 201: mappingView }, problems: ['already_exists'] },
  'GET /v1/campaigns/{id}/mappings': { summary: 'List mappings', query: pageQuery, answers: { 200: listOf(mappingView) } },
  'PATCH /v1/campaigns/{id}/mappings/{mapping_id}': { summary: 'Change a mapping', body: changeMappingBody, answers: { 200: mappingView }, problems: ['already_exists'] },
  'DELETE /v1/campaigns/{id}/mappings/{mapping_id}': { summary: 'Delete a mapping', answers: { 204: null } },
  'POST /v1/campaigns/{id}/inapp-keys': { summary: 'Create an in-app key', description: 'The answer holds its secret, once.', body: createInappKeyBody, answers: { 201: inappKeyView } },
  'GET /v1/campaigns/{id}/inapp-keys': { summary: 'List in-app keys', query: pageQuery, answers: { 200: listOf(inappKeyView) } },
  'DELETE /v1/campaigns/{id}/inapp-keys/{key_id}': { summary: 'Revoke an in-app key', answers: { 204: null }, problems: ['already_revoked'] },
  'GET /v1/campaigns/{id}/inapp-events': { summary: 'List accepted in-app events, newest first', query: inappEventQuery, answers: { 200: listOf(inappEventView) } },
  'GET /v1/campaigns/{id}/inapp-events/{event_id}': { summary: 'Read an accepted in-app event', answers: { 200: inappEventView } },
  'GET /v1/campaigns/{id}/awards': { summary: 'List awards, newest first', query: awardQuery, answers: { 200: listOf(awardView) } },
  'GET /v1/campaigns/{id}/leaderboard': { summary: 'Wallets by points', query: pageQuery, answers: { 200: listOf(leader) } },
  'POST /v1/campaigns/{id}/awards/{award_id}/revoke': { summary: 'Take an award back', body: revokeAwardBody, answers: { 200: awardView }, problems: ['already_revoked', 'invalid_transition'] },
};

import { channelMessageView, channelView, connectChannelBody, pageQuery } from '@waggle/contracts';
import { listOf, type RouteTable } from './route.ts';

export const CHANNEL_ROUTES: RouteTable = {
  'GET /v1/users/{id}/channels': { summary: "List a user's channels and how they are", description: 'Every user has the `feed`.', query: pageQuery, answers: { 200: listOf(channelView) } },
  'PUT /v1/users/{id}/channels/{channel}': {
    summary: 'Connect a channel, or connect it anew',
    description: 'What is given is kept encrypted and never shown. The answer to a `webhook` holds its signing secret, once.',
    body: connectChannelBody, answers: { 200: channelView }, problems: ['plan_limit_reached', 'url_not_allowed'],
  },
  'DELETE /v1/users/{id}/channels/{channel}': { summary: 'Disconnect a channel', answers: { 204: null } },
  'GET /v1/users/{id}/channels/{channel}/messages': { summary: 'What a channel was told, oldest first', query: pageQuery, answers: { 200: listOf(channelMessageView) } },
};

import type { DemoKeys } from './demo-workspace.ts';
import type { Story } from './play-demo.ts';

const HEADERS = [
  'x-buffy-event',
  'x-buffy-delivery',
  'x-buffy-attempt',
  'x-buffy-signature',
  'webhook-id',
  'webhook-timestamp',
  'webhook-signature',
];

/** What a newcomer sees first: about one screen, with requests that can be copied. */
export function tellStory(story: Story, keys: DemoKeys, { gatewayUrl, directory }: { gatewayUrl: string; directory: string }): string {
  const { inbound, webhook, logEntry, inapp } = story;
  return `
Waggle runs on ${gatewayUrl}    data, logs and stack.json: ${directory}

  system key  ${keys.system_key}    workspace ${keys.workspace_id}
  user key    ${keys.user_key}    ${keys.demo.user_id}, habit ${keys.demo.activity_id} "Drink water"
  portal      ${gatewayUrl}/portal/    for either key

1  An app says that a habit is done:
${curl(gatewayUrl, keys.system_key, inbound.request)}
   → ${inbound.answer.status} in ${inbound.answer.ms} ms, status "${inbound.answer.body.status}"

2  A receiver gets the signed webhook, ${webhook.afterMs} ms after the request was sent:
${HEADERS.map((name) => `   ${name}: ${String(webhook.headers[name])}`).join('\n')}
   ${webhook.body}
   → signature verified

3  The event log has the event:    GET /v1/events?user_id=${inbound.request['user_id']}
   ${JSON.stringify(logEntry)}

4  A signed in-app event:    POST /user/inapp/webhooks
   ${JSON.stringify(inapp.request)}
   → ${inapp.answer.status} in ${inapp.answer.ms} ms, and the award:    GET /v1/campaigns/${keys.demo.campaign_id}/inapp-events
   ${JSON.stringify(inapp.awards)}

Your turn, the guide's own example:
${curl(gatewayUrl, keys.user_key, { event: 'activity.completed', activity_id: keys.demo.activity_id, user_id: keys.demo.user_id, timestamp: '2026-03-28T08:12:44Z' })}
`;
}

function curl(gatewayUrl: string, key: string, body: unknown): string {
  return `   curl ${gatewayUrl}/v1/webhooks/inbound -H 'Authorization: Bearer ${key}' \\
        -H 'Content-Type: application/json' -d '${JSON.stringify(body)}'`;
}

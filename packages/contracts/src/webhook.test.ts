import { expect, test } from '@jest/globals';
import { createEndpointBody, updateEndpointBody } from './webhook.ts';

const endpoint = { url: 'https://example.org', event_types: ['*'] };
const faultsOf = (body: unknown) => createEndpointBody.safeParse(body).error?.issues.map(({ path }) => path.join('.'));

test.each(['https://example.org/\u0000', 'https://example.org/\ud800', '\udc00', '', `https://${'x'.repeat(2_041)}`])('%j is no URL, new or changed', (url) => {
  expect(faultsOf({ ...endpoint, url })).toEqual(['url']);
  expect(updateEndpointBody.safeParse({ url }).success).toBe(false);
});

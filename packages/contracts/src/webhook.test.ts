import { describe, expect, test } from '@jest/globals';
import { createEndpointBody, updateEndpointBody } from './webhook.ts';

const endpoint = { url: 'https://example.org', event_types: ['*'] };
const faultsOf = (body: unknown) => createEndpointBody.safeParse(body).error?.issues.map(({ path }) => path.join('.'));

test.each(['https://example.org/\u0000', 'https://example.org/\ud800', '\udc00', '', `https://${'x'.repeat(2_041)}`])('%j is no URL, new or changed', (url) => {
  expect(faultsOf({ ...endpoint, url })).toEqual(['url']);
  expect(updateEndpointBody.safeParse({ url }).success).toBe(false);
});

describe("an endpoint's headers", () => {
  const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`X-${n}`, 'x']));
  test.each<[description: string, headers: object]>([
    ['none', {}],
    ['a value of 1 KB', { 'X-Long': 'x'.repeat(1_024) }],
    ['a name of 256 characters', { ['x'.repeat(256)]: 'x'.repeat(1_024) }],
    ['an empty value', { 'X-Empty': '' }],
    ['twenty', many(20)],
  ])('%s: accepted', (_, headers) => expect(createEndpointBody.parse({ ...endpoint, headers }).headers).toEqual(headers));

  test.each<[description: string, headers: object, path: string]>([
    ['a value of more than 1 KB', { 'X-Long': 'x'.repeat(1_025) }, 'headers.X-Long'],
    ['a name of more than 256 characters', { ['x'.repeat(257)]: 'x' }, `headers.${'x'.repeat(257)}`],
    ['a value with a line break', { 'X-Two': 'a\nb' }, 'headers.X-Two'],
    ['a value beyond ASCII', { 'X-Other': 'ä' }, 'headers.X-Other'],
    ['one of ours', { 'X-Buffy-Event': 'x' }, 'headers.X-Buffy-Event'],
    ['one twice', { 'X-A': '1', 'x-a': '2' }, 'headers.x-a'],
    ['twenty-one', many(21), 'headers'],
  ])('%s: refused', (_, headers, path) => expect(faultsOf({ ...endpoint, headers })).toEqual([path]));
});

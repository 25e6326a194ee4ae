import { expect, test } from '@jest/globals';
import { apiRouter, noContent, type Route } from './api.ts';

const deps = { findKey: async () => null, admit: () => Promise.reject(new Error('nobody is admitted')) };
const route: Route = { method: 'get', path: '/v1/things', handle: async () => noContent() };

test('a route that is counted by key cannot be served without a policy to count it under', () => {
  expect(() => apiRouter(deps, [route])).toThrow('/v1/things');
});

test('routes that count by themselves need none', () => {
  expect(() => apiRouter(deps, [{ ...route, count: async () => {} }])).not.toThrow();
});

import { gunzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { problemOf, send } from '../client.ts';
import { PORTAL } from '../start-gateway.ts';
import type { Chapter } from './subject.ts';

const CONTENT_SECURITY = [
  "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "font-src 'self'", "connect-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
];

export const portal: Chapter = (subject) => {
  const get = (path: string, headers: Record<string, string> = {}) => send(subject.gateway.port, path, { headers });

  test.each(['/', '/?from=mail', '/portal', '/portal?x'])('%s leads to it', async (path) => {
    const { status, headers } = await get(path);
    expect([status, headers.location]).toEqual([302, '/portal/']);
    expect(headers['x-request-id']).toMatch(/^req_[0-9a-f-]{32,36}$/);
  });

  test.each(['/portal/', '/portal/?x=1', '/portal/settings/developer/webhooks/whe_1', '/portal/index.html', '/portal/a.js', '/portal/assets'])(
    '%s is its page, which is asked for anew each time and lets nothing in from elsewhere', async (path) => {
      const { status, headers, body } = await get(path);
      expect({ status, body: body.toString() }).toEqual({ status: 200, body: PORTAL.page });
      expect(headers).toMatchObject({
        'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache', 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer', 'cross-origin-opener-policy': 'same-origin',
        'x-request-id': expect.stringMatching(/^req_/),
      });
      expect(String(headers['content-security-policy']).split('; ')).toEqual(CONTENT_SECURITY);
      expect([headers['last-modified'], headers.etag, headers['accept-ranges']]).toEqual([undefined, undefined, undefined]);
    },
  );

  test('an asset is kept for a year: another content has another name', async () => {
    const { status, headers, body } = await get('/portal/assets/index-Ab12.js');
    expect({ status, body: body.toString() }).toEqual({ status: 200, body: PORTAL.script });
    expect(headers).toMatchObject({ 'content-type': 'text/javascript; charset=utf-8', 'cache-control': 'public, max-age=31536000, immutable', 'x-content-type-options': 'nosniff' });
  });

  test.each([['/portal/', PORTAL.page], ['/portal/assets/index-Ab12.js', PORTAL.script]])('%s is compressed for who asks', async (path, content) => {
    const compressed = await get(path, { 'accept-encoding': 'gzip' });
    expect([compressed.headers['content-encoding'], compressed.headers.vary]).toEqual(['gzip', 'Accept-Encoding']);
    expect(gunzipSync(compressed.body).toString()).toBe(content);
  });

  test.each(['/portal/assets/index-Ab12.js.map', '/portal/assets/index-Old1.js', '/portal/assets/', '/portalfoo', '/_gateway/portal-page', '/_gateway/portal/index.html'])(
    '%s is nobody’s: an old page must not take another page for its script', async (path) => {
      const answer = await get(path);
      expect([answer.status, problemOf(answer)['code']]).toEqual([404, 'not_found']);
    },
  );

  test.each([['POST', '/'], ['POST', '/portal/'], ['DELETE', '/portal/assets/index-Ab12.js']])('%s %s is answered 405, with what is allowed', async (method, path) => {
    const answer = await send(subject.gateway.port, path, { method, body: method === 'POST' ? '{}' : '' });
    expect([answer.status, answer.headers.allow, problemOf(answer)['code']]).toEqual([405, 'GET, HEAD', 'method_not_allowed']);
  });

  test('HEAD has the fields without the page', async () => {
    const answer = await send(subject.gateway.port, '/portal/', { method: 'HEAD' });
    expect([answer.status, Number(answer.headers['content-length']), answer.body.length]).toEqual([200, Buffer.byteLength(PORTAL.page), 0]);
  });
};

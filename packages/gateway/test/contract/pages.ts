import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { PROBLEMS } from '@waggle/contracts';
import { expect, test } from '@jest/globals';
import { problemOf, send } from '../client.ts';
import { PUBLIC_URL } from '../start-gateway.ts';
import type { Chapter } from './subject.ts';

export const pages: Chapter = (subject) => {
  test.each(Object.entries(PROBLEMS))('the type of %s leads to a page about it', async (code, [status, title]) => {
    const answer = await send(subject.gateway.port, `/docs/problems/${code}`);
    expect([answer.status, answer.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    expect(answer.headers['x-request-id']).toMatch(/^req_[0-9a-f-]{32,36}$/);
    expect(answer.body.toString()).toContain(`<h1>${status} <code>${code}</code>: ${title}</h1>`);
  });

  test('the type that a problem names is such a path', async () => {
    const { type } = problemOf(await send(subject.gateway.port, '/nowhere'));
    expect((await send(subject.gateway.port, String(type).slice(PUBLIC_URL.length))).status).toBe(200);
  });

  test.each(['/docs/problems', '/docs/problems?from=mail'])('%s is an index of them', async (target) => {
    const answer = await send(subject.gateway.port, target);
    expect(answer.status).toBe(200);
    for (const code of Object.keys(PROBLEMS)) expect(answer.body.toString()).toContain(`href="problems/${code}"`);
  });

  test('a page may have its own style and nothing else', async () => {
    const { headers, body } = await send(subject.gateway.port, '/docs/problems/not_found');
    const style = /<style>(.*)<\/style>/s.exec(body.toString())?.[1] ?? '';
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'cache-control': 'max-age=300' });
    expect(String(headers['content-security-policy']).split('; ')).toEqual([
      "default-src 'none'", `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`, "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
    ]);
    // When the image was built, and from which file, is nobody's business.
    expect([headers['last-modified'], headers.etag, headers['accept-ranges']]).toEqual([undefined, undefined, undefined]);
  });

  test('a page is compressed for who asks', async () => {
    const plain = await send(subject.gateway.port, '/docs/problems');
    const compressed = await send(subject.gateway.port, '/docs/problems', { headers: { 'accept-encoding': 'gzip' } });
    expect([plain.headers['content-encoding'], compressed.headers['content-encoding']]).toEqual([undefined, 'gzip']);
    expect([plain.headers.vary, compressed.headers.vary]).toEqual(['Accept-Encoding', 'Accept-Encoding']);
    expect(gunzipSync(compressed.body)).toEqual(plain.body);
  });

  test('HEAD has the fields without the page', async () => {
    const { headers: { 'content-length': length } } = await send(subject.gateway.port, '/docs/problems/internal');
    const answer = await send(subject.gateway.port, '/docs/problems/internal', { method: 'HEAD' });
    expect([answer.status, answer.headers['content-length'], answer.body.length]).toEqual([200, length, 0]);
    expect(Number(length)).toBeGreaterThan(0);
  });

  test.each([
    '/docs/problems/unheard_of', '/docs/problems/not_found.md', '/docs/problems/not_found.html', '/docs/problems/Not_Found', '/docs/problems/', '/docs/', '/docs/reference/', '/docs/index.html', '/docs/schemas/none.v1.json',
    '/docs/problems/not_found/more', '/_gateway/pages/docs/problems.html',
  ])('%s is none of them: 404 in the contract’s shape', async (target) => {
    const answer = await send(subject.gateway.port, target);
    expect([answer.status, answer.headers['content-type'], problemOf(answer)['code']]).toEqual([404, 'application/problem+json; charset=utf-8', 'not_found']);
  });

  test.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('%s of a page is answered 405, with what is allowed', async (method) => {
    const answer = await send(subject.gateway.port, '/docs/problems/not_found', { method, body: method === 'POST' ? '{}' : '' });
    expect([answer.status, answer.headers.allow, problemOf(answer)['code']]).toEqual([405, 'GET, HEAD', 'method_not_allowed']);
  });
};

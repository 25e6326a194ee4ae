import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { problemOf, send } from '../client.ts';
import type { Chapter } from './subject.ts';

const fileOf = (name: string) => readFileSync(join(import.meta.dirname, '../../../../docs', name));

export const reference: Chapter = (subject) => {
  test('/docs is a page whose parts are all here, and no script stands in it', async () => {
    const { status, headers, body } = await send(subject.gateway.port, '/docs?from=mail');
    expect([status, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    expect(headers['content-security-policy']).toContain("script-src 'self';");
    const page = body.toString();
    expect(page).not.toMatch(/<script(?![^>]* src=")|https?:|\son[a-z]+=/);
    const links = [...page.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, link]) => link);
    expect(links.length).toBeGreaterThan(6);
    for (const link of links) expect([link, (await send(subject.gateway.port, `/${link}`)).status]).toEqual([link, 200]);
    expect((await send(subject.gateway.port, '/docs/reference/start.js')).body.toString()).toContain("url: 'docs/openapi.json'");
  });

  test.each([
    ['openapi.json', 'application/json; charset=utf-8'], ['asyncapi.yaml', 'application/yaml; charset=utf-8'], ['schemas/activity.completed.v1.json', 'application/json; charset=utf-8'],
  ])('/docs/%s is the document of the repository', async (name, type) => {
    const plain = await send(subject.gateway.port, `/docs/${name}`);
    expect([plain.status, plain.headers['content-type']]).toEqual([200, type]);
    expect(plain.body.equals(fileOf(name))).toBe(true);
    const compressed = await send(subject.gateway.port, `/docs/${name}`, { headers: { 'accept-encoding': 'gzip' } });
    expect(compressed.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(compressed.body).equals(plain.body)).toBe(true);
  });

  test('its parts have their own types, and other methods are refused', async () => {
    const typeOf = async (name: string) => (await send(subject.gateway.port, `/docs/reference/${name}`)).headers['content-type'];
    expect(await Promise.all(['swagger-ui-bundle.js', 'swagger-ui.css', 'favicon-32x32.png'].map(typeOf))).toEqual(['text/javascript; charset=utf-8', 'text/css; charset=utf-8', 'image/png']);
    const answer = await send(subject.gateway.port, '/docs/openapi.json', { method: 'DELETE' });
    expect([answer.status, answer.headers.allow, problemOf(answer)['code']]).toEqual([405, 'GET, HEAD', 'method_not_allowed']);
  });
};

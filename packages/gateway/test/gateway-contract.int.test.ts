import { describe } from '@jest/globals';
import { addressLimit } from './contract/address-limit.ts';
import { bodies } from './contract/bodies.ts';
import { compression } from './contract/compression.ts';
import { headers } from './contract/headers.ts';
import { instances } from './contract/instances.ts';
import { names } from './contract/names.ts';
import { outages } from './contract/outages.ts';
import { oversize } from './contract/oversize.ts';
import { pages } from './contract/pages.ts';
import { portal } from './contract/portal.ts';
import { reference } from './contract/reference.ts';
import { refusals } from './contract/refusals.ts';
import { routes } from './contract/routes.ts';
import { streams } from './contract/streams.ts';
import { useSubject } from './contract/subject.ts';
import { hasNginx, startNginx, startProxy, type StartGateway } from './start-gateway.ts';

/** One behaviour in two modes: what a chapter says holds for both. */
function contract(startGateway: StartGateway) {
  const subject = useSubject(startGateway);
  describe('routes', () => routes(subject));
  describe('refusals', () => refusals(subject));
  describe('pages', () => pages(subject));
  describe('the reference', () => reference(subject));
  describe('the portal', () => portal(subject));
  describe('bodies', () => bodies(subject));
  describe('bodies too large', () => oversize(subject));
  describe('headers', () => headers(subject));
  describe('compression', () => compression(subject));
  describe('streams', () => streams(subject));
  describe('instances', () => instances(subject));
  describe('outages', () => outages(subject));
  describe('a limit per address', () => addressLimit(subject));
}

describe('the proxy', () => contract(startProxy));

if (hasNginx()) {
  describe('nginx', () => contract(startNginx));
  describe('nginx', () => names());
} else {
  describe.skip('nginx (skipped: there is none on PATH or in /usr/sbin)', () => contract(startNginx));
}

import { signWebhook, verifyWebhook } from '@waggle/client';
import { behaviours, eventually, useStack } from '@waggle/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { examine, openBrowser, openTab, type Tab } from './browser.ts';
import { findChromium } from './chromium.ts';
import { aBusyWorkspace, createApi, startProduct, WALLET, type Api, type Life } from './given-portal.ts';
import { MULTIPLY_A_DELIVERY } from './many-deliveries.ts';

// A real browser on the real product, through its gateway.
const stack = useStack();
const isThere = findChromium() !== undefined;
let product: Awaited<ReturnType<typeof startProduct>>;
let browser: Browser;
let api: Api;
let life: Life;
let tab: Tab;

const portal = (path: string) => `${product.url}/portal${path}`;
const heading = (name: string | RegExp) => tab.page.getByRole('heading', { level: 1, name });

(isThere ? describe : describe.skip)(isThere ? 'the portal' : 'the portal (skipped: there is no Chromium; apt-get install chromium, or CHROMIUM=/its/path)', () => {
  beforeAll(async () => {
    [product, browser] = await Promise.all([startProduct(stack), openBrowser()]);
    api = createApi(product.url, product.systemKey);
    life = await aBusyWorkspace(api, product.url);
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await life?.receiver.stop();
  });
  beforeEach(async () => {
    tab = await openTab(browser, { bearer: product.systemKey });
  });
  afterEach(async () => {
    await tab.context.close();
    expect(tab.complaints).toEqual([]);
  });

  test("the guide's six steps, from the page to a delivery that the receiver has verified", async () => {
    tab = await openTab(browser);
    const { page } = tab;
    await page.goto(product.url);
    await page.getByLabel('API key', { exact: true }).fill(product.systemKey);
    await page.getByRole('button', { name: 'Sign in' }).click();

    await heading('Webhooks').waitFor();
    expect(page.url()).toBe(portal('/settings/developer/webhooks'));
    await page.getByRole('link', { name: 'Add endpoint' }).click();
    await page.getByLabel('Endpoint URL').fill('ftp://example.com');
    await page.getByText('Only https:// can be called').waitFor();
    await page.getByLabel('Endpoint URL').fill(life.receiver.url('/mine'));
    for (const type of ['activity.completed', 'activity.skipped', 'activity.snoozed', 'reminder.sent', 'routine.partial']) await page.getByRole('checkbox', { name: type, exact: true }).check();
    await page.getByRole('button', { name: 'Add endpoint' }).click();

    await heading('Endpoint added').waitFor();
    await page.getByRole('region', { name: 'Your signing secret' }).getByRole('button', { name: 'Copy' }).click();
    const secret = await page.evaluate<string>('navigator.clipboard.readText()');
    expect(secret).toMatch(/^whsec_/);
    const faults = await examine(page, 'endpoint-added');

    let isVerified = false;
    life.receiver.program('/mine', (response, request) => {
      const { headers, body } = life.receiver.at('/mine').at(-1)!;
      isVerified = request.method === 'POST' && verifyWebhook(secret, body, headers);
      response.writeHead(isVerified ? 200 : 401).end(isVerified ? 'verified' : 'who are you?');
    });
    await page.getByRole('button', { name: 'Send test event' }).click();
    await page.getByText('succeeded').waitFor();
    await page.getByText('answered 200').waitFor();
    expect(isVerified).toBe(true);

    // The secret was shown once: the endpoint's own page has it no more.
    await page.getByRole('link', { name: 'To the endpoint' }).click();
    await heading(life.receiver.url('/mine')).waitFor();
    expect(await page.content()).not.toContain(secret);

    isVerified = false;
    await api('POST', '/v1/webhooks/inbound', { event: 'activity.completed', activity_id: life.habit, user_id: 'usr_maria', timestamp: new Date().toISOString() });
    await eventually(() => expect(isVerified).toBe(true));
    await page.getByRole('region', { name: 'Recent deliveries' }).getByText('succeeded').nth(1).waitFor();

    // What the receiver got is what the tab computes from the secret, and what one did wrong is told.
    const { headers, body } = life.receiver.at('/mine').at(-1)!;
    await page.getByRole('textbox', { name: 'Id' }).fill(String(headers['x-buffy-delivery']));
    await page.getByRole('textbox', { name: 'Id' }).press('Enter');
    const panel = page.getByRole('region', { name: 'Verify this delivery' });
    await panel.getByLabel('Signing secret').fill(secret);
    for (const name of ['X-Buffy-Signature', 'webhook-signature']) await panel.getByTestId(name).getByText(String(headers[name.toLowerCase()])).waitFor();
    await panel.getByLabel('A signature to compare').fill(signWebhook(secret, JSON.stringify(JSON.parse(body.toString()), null, 2)));
    await panel.getByText('computed over the parsed body').waitFor();
    await panel.getByLabel('A signature to compare').fill(String(headers['x-buffy-signature']));
    await panel.getByText('the secret is right').waitFor();
    expect(await page.evaluate<string>('JSON.stringify([{ ...sessionStorage }, { ...localStorage }, location.href])')).not.toContain(secret);
    expect([...faults, ...(await examine(page, 'verified'))]).toEqual([]);
  }, 300_000);

  test('a failing endpoint is found, diagnosed and, once it is mended, retried', async () => {
    const { page } = tab;
    await page.goto(portal('/settings/developer/deliveries'));
    await page.getByLabel('Status').selectOption('failed');
    await page.getByLabel('Endpoint', { exact: true }).selectOption(life.badEndpoint);
    expect(new URL(page.url()).searchParams.get('status')).toBe('failed');
    await page.getByRole('table', { name: 'Deliveries' }).getByRole('link', { name: 'activity.completed' }).first().click();
    await heading('activity.completed').waitFor();
    await page.getByText('Your endpoint answered 500').first().waitFor();
    await page.getByText('database is locked').first().waitFor();
    expect(await page.getByText(/^Attempt \d$/).count()).toBe(4);

    life.receiver.program('/broken', behaviours.answer(200, 'mended'));
    await page.getByRole('button', { name: 'Retry now' }).click();
    await page.getByText('Attempt 5').waitFor();
    await page.getByText('mended').waitFor();
    await page.getByText('succeeded').waitFor();
  }, 300_000);

  test('what failed is counted and replayed', async () => {
    const { page } = tab;
    life.receiver.program('/broken', behaviours.answer(200, 'mended'));
    await page.goto(portal(`/settings/developer/webhooks/${life.badEndpoint}`));
    await page.getByText(/\d+ deliveries in this range/).waitFor();
    await page.getByRole('button', { name: 'Replay' }).click();
    await page.getByText(/Replay completed/).waitFor();
    await eventually(async () => expect((await api('GET', `/v1/webhooks/deliveries?endpoint_id=${life.badEndpoint}&status=failed`))['data']).toEqual([]));
  }, 300_000);

  test('an in-app event is signed in the browser and followed to its award', async () => {
    const { page } = tab;
    await page.goto(portal(`/campaigns/${life.campaign.id}?tab=signer`));
    await page.getByLabel('Secret of the key').fill(life.campaign.secret);
    const text = await page.getByLabel('Body').first().inputValue();
    const body = { ...JSON.parse(text), event_id: 'evt_by_hand', user: { wallet: `0x${'cd'.repeat(20)}` } };
    await page.getByLabel('Body').first().fill(JSON.stringify(body));
    await page.getByText('"event_id":"evt_by_hand"').first().waitFor();
    await page.getByTestId('signature').waitFor();
    expect(await examine(page, 'signer')).toEqual([]);
    await page.getByRole('button', { name: 'Send event' }).click();
    await page.getByRole('link', { name: 'Follow it under In-app events' }).click();
    const row = page.getByRole('row', { name: /evt_by_hand/ });
    await row.getByText('100 points').waitFor();
    await row.getByText('awarded').waitFor();
    await page.getByRole('tab', { name: 'Leaderboard' }).click();
    await page.getByRole('row', { name: new RegExp(`0x${'cd'.repeat(20)}`) }).waitFor();
    // The same wallet again gets nothing, and the page says why.
    await page.goto(portal(`/campaigns/${life.campaign.id}?tab=events&wallet=${WALLET}`));
    await page.getByText('already awarded').waitFor();
  }, 300_000);

  test('an inbound webhook is followed from its answer to the receiver, and the log shows it live', async () => {
    const [{ page }, log] = [tab, await openTab(browser, { bearer: product.systemKey })];
    await log.page.goto(portal('/settings/developer/events?event=activity.skipped'));
    await log.page.getByText(/^Live/).first().waitFor();
    await page.goto(portal('/activities/simulator?user_id=usr_maria'));
    await page.getByLabel('Activity', { exact: true }).selectOption({ label: 'File the tax return' });
    await page.getByLabel('Event', { exact: true }).selectOption('activity.skipped');
    await page.getByRole('button', { name: 'Send inbound webhook' }).click();
    await page.getByText(/processed in/).waitFor();
    await page.getByRole('link', { name: 'Open the event' }).waitFor();
    await page.locator('li', { hasText: 'Delivered' }).getByText('succeeded').first().waitFor();
    await log.page.getByText('File the tax return').first().waitFor();
    expect(await examine(page, 'simulator')).toEqual([]);
    await log.context.close();
  }, 300_000);

  test('a link lets a user in once, for what is theirs, and leaves no trace of itself', async () => {
    tab = await openTab(browser);
    const { page } = tab;
    const { url } = await api('POST', '/v1/portal-sessions', { user_id: 'usr_maria' });
    await page.goto(url);
    await heading('Webhooks').waitFor();
    await page.getByText('usr_maria').first().waitFor();
    expect(page.url()).not.toContain('code');
    expect(await page.getByRole('link', { name: 'Campaigns' }).count()).toBe(0);
    expect(await page.evaluate("[Object.keys(localStorage).filter((key) => !key.includes('color-scheme')), document.cookie, sessionStorage.length > 0]")).toEqual([[], '', true]);
    await page.getByRole('link', { name: 'API keys' }).click();
    await page.getByText('You came by a portal link').waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await heading('Sign in').waitFor();
    await page.goto('about:blank');
    await page.goto(url);
    await page.getByText('was used already').waitFor();
  }, 300_000);

  test('what a payload holds is shown as text', async () => {
    const { page } = tab;
    const name = '<img src=x onerror="document.title=1">';
    const { id } = await api('POST', '/v1/activities', { user_id: 'usr_html', type: 'habit', name });
    await page.goto(portal(`/activities/${id}`));
    await heading(name).waitFor();
    await page.goto(portal('/settings/developer/events?user_id=usr_html'));
    await page.getByText(name).waitFor();
    expect(await page.locator('img[src=x]').count()).toBe(0);
  }, 300_000);

  test('a key that is revoked ends the session in words', async () => {
    tab = await openTab(browser);
    const { page } = tab;
    const { id, api_key: key } = await api('POST', '/v1/api-keys', { label: 'short-lived' });
    await page.goto(portal('/'));
    await page.getByLabel('API key', { exact: true }).fill(key);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await heading('Webhooks').waitFor();
    await api('DELETE', `/v1/api-keys/${id}`);
    await page.getByRole('link', { name: 'API keys' }).click();
    await page.getByText('Your session has ended').waitFor();
    await page.getByLabel('API key', { exact: true }).fill('wgl_nonsense');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').getByText('unauthorized').waitFor();
    await page.getByRole('alert').getByText(/req_/).waitFor();
  }, 300_000);

  test('of ten thousand deliveries those in sight are in the page, and one can scroll to the last', async () => {
    await stack.db('outbound-dispatcher').query(MULTIPLY_A_DELIVERY, [10_000, 'usr_many']);
    const { page } = tab;
    await page.goto(portal('/settings/developer/deliveries?user_id=usr_many'));
    const table = page.getByRole('table', { name: 'Deliveries' });
    await table.waitFor();
    await eventually(async () => {
      await page.evaluate('window.scrollTo(0, document.body.scrollHeight)');
      expect(await table.getAttribute('aria-rowcount')).toBe('10001');
      // What came last made the page longer after it was scrolled to its end.
      expect(await page.locator('[aria-rowindex="10001"]').isVisible()).toBe(true);
    }, { timeoutMs: 30_000 });
    expect(await page.getByRole('row').count()).toBeLessThan(80);
  }, 300_000);

  describe('pages', () => {
    const PAGES: readonly [name: string, path: () => string, heading: string | RegExp][] = [
      ['webhooks', () => '/settings/developer/webhooks', 'Webhooks'],
      ['add-endpoint', () => '/settings/developer/webhooks/new', 'Add endpoint'],
      ['endpoint', () => `/settings/developer/webhooks/${life.goodEndpoint}`, /hooks\/waggle/],
      ['deliveries', () => '/settings/developer/deliveries', 'Deliveries'],
      ['deliveries-none', () => '/settings/developer/deliveries?user_id=usr_nobody', 'Deliveries'],
      ['event-log', () => '/settings/developer/events', 'Event log'],
      ['event', () => `/settings/developer/events/${shown.event}`, 'activity.completed'],
      ['delivery', () => `/settings/developer/deliveries/${shown.delivery}`, 'activity.completed'],
      ['api-keys', () => '/settings/developer/api-keys', 'API keys'],
      ['samples', () => '/settings/developer/samples', 'Docs & samples'],
      ['activities', () => '/activities?user_id=usr_maria', 'Activities'],
      ['activity', () => `/activities/${life.habit}`, 'Drink water'],
      ['campaigns', () => '/campaigns', 'Campaigns'],
      ['campaign', () => `/campaigns/${life.campaign.id}`, 'Launch week'],
      ['inapp-events', () => `/campaigns/${life.campaign.id}?tab=events`, 'Launch week'],
      ['awards', () => `/campaigns/${life.campaign.id}?tab=awards`, 'Launch week'],
      ['leaderboard', () => `/campaigns/${life.campaign.id}?tab=leaderboard`, 'Launch week'],
      ['inapp-keys', () => `/campaigns/${life.campaign.id}?tab=keys`, 'Launch week'],
      ['not-found', () => '/nowhere', 'Nothing is here'],
    ];

    const TABS = 3;
    const shown = { event: '', delivery: '' };

    // A day of statistics, as it would have been kept by the hour: for the pictures.
    beforeAll(async () => {
      const [delivery] = (await api('GET', `/v1/webhooks/deliveries?endpoint_id=${life.badEndpoint}&limit=1`))['data'];
      Object.assign(shown, { event: delivery.event_id, delivery: delivery.id });
      await stack.db('outbound-dispatcher').query(
        `INSERT INTO endpoint_hours SELECT workspace_id, endpoint_id, hour - n * interval '1 hour', 20 + n * 7 % 23, CASE WHEN n % 9 = 4 THEN 3 ELSE 0 END, durations
         FROM endpoint_hours, generate_series(1, 22) n WHERE endpoint_id = $1 ON CONFLICT DO NOTHING`, [life.goodEndpoint],
      );
    });

    test('axe finds nothing serious on any of them, light or dark, and none is wider than a telephone', async () => {
      const left = [...PAGES];
      const [faults, complaints]: [string[], string[]] = [[], []];
      // Each is a process of its own: while one is loaded another is looked at.
      const work = async () => {
        const own = await openTab(browser, { bearer: product.systemKey });
        for (let next = left.shift(); next !== undefined; next = left.shift()) faults.push(...(await lookAt(own, next)));
        complaints.push(...own.complaints);
        await own.context.close();
      };
      await Promise.all(Array.from({ length: TABS }, work));
      expect([...faults, ...complaints]).toEqual([]);
    }, 300_000);

    async function lookAt({ page }: Tab, [name, path, title]: (typeof PAGES)[number]): Promise<string[]> {
      await page.goto(portal(path()));
      await page.getByRole('heading', { level: 1, name: title }).waitFor();
      await page.getByRole('status', { name: 'Loading' }).first().waitFor({ state: 'detached' });
      return examine(page, name);
    }

    test('nor on the ones that one comes to by doing something', async () => {
      const { page } = tab;
      const faults: string[] = [];
      await page.goto(portal(`/settings/developer/webhooks/${life.goodEndpoint}`));
      await page.getByRole('button', { name: 'Rotate' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Rotate secret' }).click();
      await page.getByText('The previous secret still signs too').waitFor();
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      faults.push(...(await examine(page, 'rotated')));
      await page.setViewportSize({ width: 390, height: 844 });
      await page.getByRole('button', { name: 'Open the menu' }).click();
      await page.getByRole('dialog').getByRole('link', { name: 'Deliveries' }).waitFor();
      faults.push(...(await examine(page, 'menu')));
      await page.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click();
      await heading('Sign in').waitFor();
      await page.setViewportSize({ width: 1_360, height: 900 });
      faults.push(...(await examine(page, 'sign-in')));
      expect(faults).toEqual([]);
    }, 300_000);
  });
});

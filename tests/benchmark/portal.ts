import pg from 'pg';
import type { Browser, Page } from 'playwright-core';
import { openBrowser, openTab } from '../portal/browser.ts';
import { MULTIPLY_A_DELIVERY } from '../portal/many-deliveries.ts';
import { post, type BenchmarkStack } from './stack.ts';

const LOADS = 7;
const USER = 'usr_many';
const WEBHOOKS = '/portal/settings/developer/webhooks';
const DELIVERIES = `/portal/settings/developer/deliveries?user_id=${USER}`;

/** What a person waits for: until the page's own content is there, and how a long list moves. In Chromium, each load with an empty cache. */
export async function measurePortal(stack: BenchmarkStack, { deliveries }: { deliveries: number }): Promise<string[]> {
  await seed(stack, deliveries);
  const browser = await openBrowser();
  try {
    const summary: string[] = [];
    for (const [name, path, bearer] of [['sign-in', '/portal/', undefined], ['webhooks', WEBHOOKS, stack.systemKey], ['deliveries', DELIVERIES, stack.systemKey]] as const) {
      const loads: Load[] = [];
      for (let count = 0; count < LOADS; count += 1) loads.push(await loadOnce(browser, stack.urlOf('gateway') + path, bearer));
      console.log(JSON.stringify({ name: `portal: ${LOADS} cold loads of ${name}`, loads }));
      summary.push(`portal: cold load of ${name}, usable after ${median(loads, 'usableMs')} ms at the median (worst ${Math.max(...loads.map(({ usableMs }) => usableMs))}), first paint ${median(loads, 'firstPaintMs')}, `
        + `${median(loads, 'transferredKb')} KB in ${median(loads, 'requests')} requests, layout shift ${median(loads, 'layoutShift')}`);
    }
    return [...summary, ...(await measureScrolling(browser, stack, deliveries))];
  } finally {
    await browser.close();
  }
}

interface Load {
  usableMs: number;
  firstPaintMs: number;
  largestPaintMs: number;
  /** Of the main thread, each above 50 ms. */
  longTasksMs: number;
  layoutShift: number;
  requests: number;
  transferredKb: number;
}

function median<Name extends string>(values: readonly Record<Name, number>[], name: Name): number {
  return values.map((value) => value[name]).toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}

const GIVEN_UP_MS = 20_000;

// In the page from its first moment: the frame in which its content is there for the first time, and no placeholder any more.
const WATCH = `
  const usable = Promise.withResolvers();
  window.seen = { longTasksMs: 0, layoutShift: 0, largestPaintMs: 0, usableMs: 0, usable: usable.promise };
  const observe = (type, take) => new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true });
  observe('longtask', ({ duration }) => { seen.longTasksMs += duration; });
  observe('layout-shift', ({ value, hadRecentInput }) => { seen.layoutShift += hadRecentInput ? 0 : value; });
  observe('largest-contentful-paint', ({ startTime }) => { seen.largestPaintMs = startTime; });
  const isUsable = () => document.querySelector('main h1') !== null && document.querySelector('[role=status][aria-label=Loading]') === null
    && document.querySelector('main button, main a') !== null;
  const look = () => {
    if (isUsable()) requestAnimationFrame(() => { seen.usableMs = performance.now(); usable.resolve(); });
    else if (performance.now() < ${GIVEN_UP_MS}) requestAnimationFrame(look);
    else usable.reject(new Error('not usable: ' + document.body.innerText));
  };
  requestAnimationFrame(look);`;

const REPORT = `(() => {
  const resources = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
  const firstPaint = performance.getEntriesByName('first-contentful-paint')[0];
  const rounded = (value) => Math.round(value);
  return { usableMs: rounded(seen.usableMs), firstPaintMs: rounded(firstPaint?.startTime ?? 0), largestPaintMs: rounded(seen.largestPaintMs), longTasksMs: rounded(seen.longTasksMs),
    layoutShift: Number(seen.layoutShift.toFixed(4)), requests: resources.length, transferredKb: rounded(resources.reduce((sum, { transferSize }) => sum + transferSize, 0) / 1_000) };
})()`;

/** A context of its own has no cache, and no compiled code of the load before. */
async function loadOnce(browser: Browser, url: string, bearer: string | undefined): Promise<Load> {
  const { page, context } = await openTab(browser, bearer === undefined ? {} : { bearer });
  await page.addInitScript(WATCH);
  await page.goto(url);
  await page.evaluate('seen.usable.then(() => new Promise((resolve) => requestIdleCallback(resolve)))');
  const load = await page.evaluate<Load>(REPORT);
  await context.close();
  return load;
}

interface Scrolling {
  frames: number;
  seconds: number;
  dropped: number;
  over50ms: number;
  p99Ms: number;
  worstMs: number;
}

/** Ten rows each frame: half a screen, as one scrolls who is in a hurry. */
const STEP_PX = 460;

// A step each frame, as fast as frames come; a frame that took more than one and a half of the usual length has dropped at least one.
const SCROLL = `async (isAtEnd) => {
  const gaps = [];
  let [before, start] = [await new Promise(requestAnimationFrame), performance.now()];
  while (!isAtEnd()) {
    scrollBy(0, ${STEP_PX});
    const now = await new Promise(requestAnimationFrame);
    gaps.push(now - before);
    before = now;
  }
  const sorted = gaps.toSorted((one, other) => one - other);
  const usual = sorted[Math.floor(sorted.length / 2)];
  const lost = gaps.reduce((sum, gap) => sum + Math.max(0, Math.round(gap / usual) - 1), 0);
  return { frames: gaps.length, seconds: Number(((performance.now() - start) / 1000).toFixed(1)), usualMs: Number(usual.toFixed(1)), dropped: lost, over50ms: gaps.filter((gap) => gap > 50).length,
    p99Ms: Number(sorted[Math.floor(sorted.length * 0.99)].toFixed(1)), worstMs: Number(sorted.at(-1).toFixed(1)) };
}`;
const isAtLastRow = (rows: number) => `() => document.querySelector('[aria-rowindex="${rows + 1}"]') !== null && innerHeight + scrollY >= document.body.scrollHeight - 1`;

/** Once while its pages are fetched on the way, and once with all of it there. */
async function measureScrolling(browser: Browser, stack: BenchmarkStack, rows: number): Promise<string[]> {
  const { page, context } = await openTab(browser, { bearer: stack.systemKey });
  context.setDefaultTimeout(300_000);
  await page.goto(stack.urlOf('gateway') + DELIVERIES);
  await page.getByRole('table', { name: 'Deliveries' }).waitFor();
  const scroll = (target: Page) => target.evaluate<Scrolling>(`(${SCROLL})(${isAtLastRow(rows)})`);
  const passes: [string, Scrolling][] = [['fetching them', await scroll(page)]];
  await page.evaluate('scrollTo(0, 0)');
  passes.push(['all there', await scroll(page)]);
  const inPage = await page.getByRole('row').count();
  await context.close();
  return passes.map(([how, pass]) => {
    console.log(JSON.stringify({ name: `portal: scrolling ${rows} deliveries, ${how}`, ...pass, rowsInPage: inPage }));
    const share = ((pass.over50ms / pass.frames) * 100).toFixed(2);
    return `portal: scrolling ${rows} deliveries (${how}), ${pass.frames} frames in ${pass.seconds} s, ${pass.dropped} dropped, ${share} % above 50 ms, p99 ${pass.p99Ms} ms, worst ${pass.worstMs} ms`;
  });
}

/** The stack's own demo has delivered something to copy. By SQL: it is the page that is measured. */
async function seed(stack: BenchmarkStack, deliveries: number) {
  for (const name of ['analytics', 'crm', 'mail']) await post(`${stack.urlOf('gateway')}/v1/webhooks/endpoints`, stack.systemKey, { url: `http://127.0.0.1:9/${name}`, event_types: ['activity.*'], description: name });
  const db = new pg.Client({ connectionString: stack.databases.dispatch });
  await db.connect();
  const { rowCount } = await db.query(MULTIPLY_A_DELIVERY, [deliveries, USER]);
  await db.query('ANALYZE deliveries');
  await db.end();
  if (rowCount !== deliveries) throw new Error(`${rowCount} deliveries were made, not ${deliveries}`);
}

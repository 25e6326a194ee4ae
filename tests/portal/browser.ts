import { AxeBuilder } from '@axe-core/playwright';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { join } from 'node:path';
import { findChromium } from './chromium.ts';

/** Pictures for people, and for the README. */
export const SCREENSHOTS = join(import.meta.dirname, '../../.waggle/screenshots');

export const openBrowser = (): Promise<Browser> =>
  // Root has no sandbox; what is opened here is our own.
  chromium.launch({ executablePath: findChromium() ?? 'chromium', args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] });

/** What a page complained about: scripts that threw, and whatever its Content-Security-Policy refused. */
export interface Tab {
  page: Page;
  context: BrowserContext;
  complaints: string[];
}

export async function openTab(browser: Browser, { bearer }: { bearer?: string } = {}): Promise<Tab> {
  const context = await browser.newContext({ viewport: { width: 1_360, height: 900 }, colorScheme: 'light', locale: 'en-GB', timezoneId: 'Europe/Berlin', permissions: ['clipboard-read', 'clipboard-write'] });
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    // A refused request is what some tests are about.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) complaints.push(message.text());
  });
  if (bearer !== undefined) await page.addInitScript(`sessionStorage.setItem('waggle.bearer', ${JSON.stringify(bearer)})`);
  return { page, context, complaints };
}

const WCAG = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const SCHEMES = ['light', 'dark'] as const;

/** In both schemes and on a narrow screen: pictures for people, what axe finds that keeps somebody out, and what is wider than the screen. */
export async function examine(page: Page, name: string): Promise<string[]> {
  const faults: string[] = [];
  for (const colorScheme of SCHEMES) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.locator(`html[data-mantine-color-scheme=${colorScheme}]`).waitFor();
    await takePicture(page, `${name}-${colorScheme}`, { isWhole: colorScheme === 'light' });
    // One page without frames, so without the second page that axe would open; of a scheme only the colours can be at fault.
    // Of what is right it need not tell, which would be most of its work.
    const axe = new AxeBuilder({ page }).setLegacyMode(true).options({ resultTypes: ['violations'] });
    const { violations } = await (colorScheme === 'light' ? axe.withTags(WCAG) : axe.withRules('color-contrast')).analyze();
    const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
    faults.push(...serious.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${name} (${colorScheme}) ${id}: ${target.join(' ')} ${failureSummary?.split('\n')[1] ?? ''}`)));
  }
  await page.emulateMedia({ colorScheme: 'light' });
  return [...faults, ...(await examineNarrow(page, name))];
}

const NARROW = { width: 390, height: 844 };

async function examineNarrow(page: Page, name: string): Promise<string[]> {
  const before = page.viewportSize() ?? NARROW;
  await page.setViewportSize(NARROW);
  await takePicture(page, `${name}-narrow`, { isWhole: false });
  const width = await page.evaluate<number>('document.documentElement.scrollWidth');
  await page.setViewportSize(before);
  return width > NARROW.width ? [`${name} is ${width} px wide on a screen of ${NARROW.width}`] : [];
}

const HEIGHT_MAX = 2_000;

/** What is in sight, or the page to its end, if it has one: a long list holds only the rows in sight. */
async function takePicture(page: Page, name: string, { isWhole }: { isWhole: boolean }): Promise<void> {
  await page.evaluate('scrollTo(0, 0); new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))');
  const { width, height } = page.viewportSize() ?? NARROW;
  const isEndless = (await page.locator('[role=table], [role=dialog]').count()) > 0;
  const end = isWhole && !isEndless ? await page.evaluate<number>('document.documentElement.scrollHeight') : height;
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true, clip: { x: 0, y: 0, width, height: Math.min(HEIGHT_MAX, end) } });
}

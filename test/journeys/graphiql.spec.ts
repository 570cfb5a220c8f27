import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { anOrder, Journey } from './journey';

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const ARGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
const there = existsSync(CHROMIUM);
// Jest keeps back what a skipped suite says on its console.
if (!there) process.stderr.write(`SKIPPED: there is no browser at ${CHROMIUM}, so GraphiQL was not looked at.\n`);

(there ? describe : describe.skip)('GraphiQL in a browser without any network', () => {
  let journey: Journey;
  beforeAll(async () => {
    journey = await Journey.start();
    await journey.send('TB', 'orders', anOrder('g-1'));
  }, 60_000);
  afterAll(() => journey.end(), 20_000);

  it('loads, knows the schema, and answers a typed query', async () => {
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGS, headless: true });
    try {
      const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
      const outside: string[] = [];
      const complaints: string[] = [];
      await page.route('**/*', (route) => {
        const { protocol, hostname } = new URL(route.request().url());
        if (['data:', 'blob:'].includes(protocol) || hostname === '127.0.0.1') return route.continue();
        outside.push(route.request().url());
        return route.abort();
      });
      page.on('pageerror', (error) => complaints.push(error.message));
      page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
      await page.goto(`${journey.url}/graphiql`, { timeout: 60_000 });
      await page.waitForSelector('.graphiql-container', { timeout: 60_000 });

      const editor = async (label: string, text: string): Promise<void> => {
        await page.locator(label).first().click();
        await page.keyboard.press('ControlOrMeta+a');
        await page.keyboard.press('Delete');
        await page.keyboard.insertText(text);
        // The page reads what is typed with a delay of its own.
        await new Promise((resolve) => setTimeout(resolve, 1_000));
      };
      await page.waitForSelector('.graphiql-editor-tools', { timeout: 30_000 });
      await editor('.graphiql-editor-tool .monaco-editor >> visible=true', JSON.stringify({ Authorization: `Bearer ${await journey.token({ roles: ['ops'] })}` }));
      await editor('.graphiql-query-editor .monaco-editor', '{ orders(first: 1) { edges { node { externalId status } } } }');
      await page.locator('.graphiql-execute-button').click();
      await page.waitForFunction("document.querySelector('.graphiql-response')?.innerText.replace(/\\s/g, ' ').includes('AWAITING_PAYMENT')", undefined, { timeout: 30_000 });
      expect(outside).toEqual([]);
      expect(complaints.filter((text) => /content security|refused to/i.test(text))).toEqual([]);

      await editor('.graphiql-query-editor .monaco-editor', 'subscription { orderChanged { externalId status } }');
      await page.locator('.graphiql-execute-button').click();
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      await journey.send('TB', 'orders', anOrder('g-2'));
      await page.waitForFunction("document.querySelector('.graphiql-response')?.innerText.includes('g-2')", undefined, { timeout: 30_000 });
      expect(outside).toEqual([]);
    } finally {
      await browser.close();
    }
  }, 120_000);
});

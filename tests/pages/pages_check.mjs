// The public pages in a browser: by keyboard alone, on a phone, without script, and before the judge
// of accessibility.
//
//     node tests/pages/pages_check.mjs BINARY FOLDER
//
// BINARY is the local binary, FOLDER takes a picture of every page. Exit status 0 when all is so.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { chromium } from 'playwright-core';

const [binary, pictures] = process.argv.slice(2);
const KEY = 'nf_pages_0123456789abcdefghijklmnopqrstu';
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const WORDS = {
  de: { ask: 'Werbe-E-Mails abbestellen', done: 'Abbestellt', saved: 'Gespeichert', nowhere: 'Dieser Link führt nirgendwohin' },
  en: { ask: 'Unsubscribe from marketing e-mails', done: 'You are unsubscribed', saved: 'Saved', nowhere: 'This link leads nowhere' },
};
/** Small phones, and half of that: what a page is when it is enlarged to twice its size. */
const WIDTHS = [360, 180];

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((done) => server.once('listening', done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

async function start() {
  const address = `127.0.0.1:${await freePort()}`;
  const env = { ...process.env, NACHFASS_ADDR: address, NACHFASS_DATA: ':memory:', NACHFASS_API_KEY: KEY };
  const program = spawn(binary, { env, stdio: ['ignore', 'ignore', 'inherit'] });
  const base = `http://${address}`;
  for (let tries = 0; ; tries += 1) {
    const up = await fetch(`${base}/health`).then((answer) => answer.ok, () => false);
    if (up) return { program, base };
    assert(tries < 300 && program.exitCode === null, 'the local binary does not start');
    await pause(100);
  }
}

class Desk {
  constructor(base) {
    this.base = base;
  }

  async call(method, path, body) {
    const headers = { Authorization: `Bearer ${KEY}`, 'Content-Type': 'application/json' };
    const answer = await fetch(this.base + path, { method, headers, body: body && JSON.stringify(body) });
    assert(answer.ok, `${method} ${path}: ${answer.status} ${await answer.clone().text()}`);
    return answer.json();
  }

  /** A customer with an address of every medium that has a footer link or a switch. */
  async customer(locale) {
    const known = { locale, emails: [{ value: 'anna@example.org' }], phones: [{ value: '+4915112345678' }] };
    return (await this.call('POST', '/v1/customers', known)).id;
  }

  async link(customer, wanted) {
    return (await this.call('POST', `/v1/customers/${customer}/links`, wanted)).url;
  }

  async said(customer) {
    const { entries } = await this.call('GET', `/v1/customers/${customer}/consents`);
    return entries.map((it) => `${it.change} ${it.class ?? it.what} ${it.said_by.source}`);
  }
}

/** A phone. Everything it asks for, and everything it complains of, is kept. */
async function phone(browser, options) {
  const context = await browser.newContext({
    viewport: { width: WIDTHS[0], height: 640 },
    deviceScaleFactor: 2,
    hasTouch: true,
    isMobile: true,
    ...options,
  });
  const page = await context.newPage();
  page.asked = [];
  page.complaints = [];
  page.hasScript = options.javaScriptEnabled !== false;
  page.on('request', (request) => page.asked.push(`${request.method()} ${request.resourceType()} ${new URL(request.url()).origin}`));
  page.on('console', (message) => page.complaints.push(message.text()));
  page.on('pageerror', (error) => page.complaints.push(String(error)));
  return page;
}

/** What holds for every page, in whatever state. */
async function judged(page, locale, name) {
  assert.equal(await page.getAttribute('html', 'lang'), locale);
  assert.equal(await page.locator('h1').count(), 1);
  assert.equal(await page.title(), await page.locator('h1').innerText());
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 640 });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    assert(wide <= width, `${name}: ${wide} wide on ${width}`);
  }
  await page.setViewportSize({ width: WIDTHS[0], height: 640 });
  if (page.hasScript) await accessible(page, name);
  await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
}

/** The page's policy lets no script in; the judge comes by the browser's own door. */
async function accessible(page, name) {
  await page.evaluate(AXE);
  const { violations, passes } = await page.evaluate(() => axe.run(document));
  const told = violations.flatMap((it) => it.nodes.map((node) => `${it.id}: ${it.help}: ${node.html}`));
  assert.deepEqual(told, [], name);
  assert(passes.length > 10, `${name}: only ${passes.length} rules applied`);
}

const focused = (page) =>
  page.evaluate(() => {
    const it = document.activeElement;
    const { outlineStyle, outlineWidth } = getComputedStyle(it);
    const { width, height } = it.getBoundingClientRect();
    return { tag: it.tagName, id: it.id, value: it.value, outline: outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2, width, height };
  });

/** Goes on by Tab until this has the focus, which must be seen. */
async function tabTo(page, wanted) {
  for (let steps = 0; steps < 30; steps += 1) {
    await page.keyboard.press('Tab');
    const it = await focused(page);
    if (it.tag === 'BODY') continue;
    assert(it.outline, `nobody sees that ${JSON.stringify(it)} has the focus`);
    // What is touched is at least as large as WCAG 2.2 asks.
    assert(it.width >= 24 && it.height >= 24, `too small to be touched: ${JSON.stringify(it)}`);
    if (wanted(it)) return;
  }
  assert.fail(`Tab never comes to ${wanted}`);
}

const press = (page, key) => Promise.all([page.waitForNavigation(), page.keyboard.press(key)]);

async function byKeyboard(desk, browser, locale, options, suffix) {
  const words = WORDS[locale];
  const customer = await desk.customer(locale);
  const page = await phone(browser, options);
  const url = await desk.link(customer, { for: 'unsubscribe', class: 'email_marketing' });
  const name = (state) => `${locale}-${state}${suffix}`;

  await page.goto(url);
  assert.equal(await page.title(), words.ask);
  await judged(page, locale, name('1-ask'));
  assert.deepEqual(await desk.said(customer), []);
  await tabTo(page, (it) => it.tag === 'BUTTON');
  await press(page, 'Enter');
  assert.equal(await page.title(), words.done);
  await judged(page, locale, name('2-done'));
  assert.deepEqual(await desk.said(customer), ['refuse email_marketing footer_link']);

  await tabTo(page, (it) => it.tag === 'A');
  await press(page, 'Enter');
  await judged(page, locale, name('3-preferences'));
  const ticked = () => page.locator('input:checked').evaluateAll((all) => all.map((it) => it.value));
  assert.deepEqual(await ticked(), ['email_transactional', 'sms_marketing', 'sms_transactional']);
  await tabTo(page, (it) => it.id === 'email_marketing');
  await page.keyboard.press('Space');
  await tabTo(page, (it) => it.id === 'sms_marketing');
  await page.keyboard.press('Space');
  await tabTo(page, (it) => it.value === 'save');
  await press(page, 'Enter');
  assert((await page.getByRole('status').innerText()).includes(words.saved));
  await judged(page, locale, name('4-saved'));
  assert.deepEqual(await ticked(), ['email_marketing', 'email_transactional', 'sms_transactional']);
  const now = ['grant email_marketing preferences', 'refuse sms_marketing preferences'];
  assert.deepEqual((await desk.said(customer)).slice(1), now);

  await tabTo(page, (it) => it.value === 'end_all');
  await press(page, 'Enter');
  await judged(page, locale, name('5-ended'));
  assert.deepEqual(await ticked(), []);
  const ended = ['refuse email_marketing preferences', 'refuse email_transactional preferences', 'stop sms preferences'];
  assert.deepEqual((await desk.said(customer)).slice(3), ended);

  const before = page.asked.length;
  await page.goto(`${desk.base}/l/${'0'.repeat(40)}`);
  assert.equal(await page.title(), words.nowhere);
  await judged(page, locale, name('6-nowhere'));
  assert.equal(page.asked.length, before + 1);
  const strange = page.asked.filter((it) => !/^(GET|POST) document /.test(it) || !it.endsWith(desk.base));
  assert.deepEqual(strange, [], 'a page is one answer of ours');
  const complaints = page.complaints.filter((it) => !it.includes('404 (Not Found)'));
  assert.deepEqual(complaints, []);
  await page.context().close();
}

mkdirSync(pictures, { recursive: true });
const { program, base } = await start();
try {
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync',
    ],
  });
  try {
    const desk = new Desk(base);
    for (const [locale, options, suffix] of [
      ['de', { locale: 'de-DE' }, ''],
      ['en', { locale: 'en-GB' }, ''],
      ['de', { locale: 'de-DE', colorScheme: 'dark' }, '-dark'],
      ['en', { locale: 'en-GB', javaScriptEnabled: false }, '-without-script'],
    ]) {
      await byKeyboard(desk, browser, locale, options, suffix);
      console.log(`  ok  ${locale}${suffix}: six pages by keyboard alone${options.javaScriptEnabled === false ? '' : ', no violation'}`);
    }
  } finally {
    await browser.close();
  }
} finally {
  program.kill();
}

// SPDX-License-Identifier: Apache-2.0
// A running `nodal view` and Chromium looking at its page.
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { fromWeb, ROOT } from './module.mjs';

const { chromium } = fromWeb('playwright-core');
export const NODAL = process.env.NODAL ?? path.join(ROOT, 'build/cli/nodal');
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** Small, so that a machine without a graphics card draws it in time. */
export const SIZE = { width: 900, height: 640 };

export async function nodal(...args) {
  return promisify(execFile)(NODAL, args);
}

export async function folder() {
  const name = await mkdtemp(path.join(os.tmpdir(), 'nodal-view-'));
  return { name, remove: () => rm(name, { recursive: true, force: true }) };
}

/** Starts the server; `address` has the secret, `stop()` ends it as Ctrl-C does, `kill()` as a crash does. */
export async function serve(...args) {
  const process_ = spawn(NODAL, ['view', '--no-open', '--json', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise((resolve) => process_.once('exit', resolve));
  let told = '';
  process_.stderr.on('data', (data) => { told += data; });
  const address = await new Promise((resolve, reject) => {
    let text = '';
    process_.stdout.on('data', (data) => {
      text += data;
      const found = /"address":\s*"([^"]+)"/.exec(text);
      if (found) {
        resolve(found[1]);
      }
    });
    process_.once('exit', (code) => reject(new Error(`nodal view ended with ${code}: ${told}`)));
  });
  const end = async (signal) => {
    process_.kill(signal);
    await ended;
  };
  return { address, port: new URL(address).port, stop: () => end('SIGINT'), kill: () => end('SIGKILL') };
}

export function launch() {
  return chromium.launch({ executablePath: CHROMIUM, headless: true, timeout: 120000,
                           args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu-sandbox', '--use-angle=swiftshader',
                                  '--enable-unsafe-swiftshader'] });
}

/** Opens an address; what the console or the page complains of is collected in `page.complaints`. */
export async function look(browser, address, { wait = true, context } = {}) {
  const own = context ?? (await browser.newContext({ viewport: SIZE, reducedMotion: 'reduce', acceptDownloads: true }));
  const page = await own.newPage();
  page.setDefaultTimeout(60000);
  page.complaints = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') {
      page.complaints.push(message.text());
    }
  });
  page.on('pageerror', (error) => page.complaints.push(error.stack ?? error.message));
  await page.goto(address);
  if (wait) {
    await shown(page);
  }
  return page;
}

/** Waits until the slide and what belongs to it is there. */
export function shown(page) {
  return page.waitForFunction(() => {
    const s = globalThis.nodal?.session;
    return s?.stageMessage.get() === null && s.view.loading.get() === 'ready' && s.saveState.get().state !== 'none';
  });
}

export function saved(page) {
  return page.waitForFunction(() => globalThis.nodal.session.saveState.get().state === 'saved');
}

/** Looks at a level-0 place with so many level-0 pixels a screen pixel; returns the place of the view on the screen. */
export async function lookAt(page, x, y, pixels, rotation = 0) {
  await page.evaluate((p) => globalThis.nodal.session.view.go(p, true), { x, y, scale: 1 / pixels, rotation });
  await page.waitForFunction((p) => {
    const now = globalThis.nodal.session.view.place();
    return Math.abs(now.x - p.x) < 1e-6 && Math.abs(now.y - p.y) < 1e-6 && Math.abs(now.scale * p.pixels - 1) < 1e-9;
  }, { x, y, pixels });
  const box = await page.locator('.surface').first().boundingBox();
  return { x: box.x, y: box.y, width: box.width, height: box.height, left: box.x + box.width / 2, top: box.y + box.height / 2 };
}

export async function click(page, x, y, options = {}) {
  await page.mouse.move(x, y);
  await page.mouse.down(options);
  await page.mouse.up(options);
}

export async function drag(page, from, to, steps = 4) {
  await page.mouse.move(...from);
  await page.mouse.down();
  await page.mouse.move(...to, { steps });
  await page.mouse.up();
}

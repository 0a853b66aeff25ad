// SPDX-License-Identifier: Apache-2.0
// The page in a real browser, and what is in the files afterwards.
import assert from 'node:assert/strict';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { click, drag, folder, launch, look, lookAt, nodal, saved, serve, shown } from './browser.mjs';

const LIMIT = { timeout: 240000 };

let made;
let browser;

before(async () => {
  made = await folder();
  const at = (name) => path.join(made.name, name);
  await nodal('phantom', 'slide', '-q', '-o', at('slide.tif'), '--size', '4000', '3000', '--spacing', '0.5', '--tumor', '1',
              '--tumor-size', '0.6', '--tile', '256', '--annotation', at('slide.xml'));
  await nodal('mask', at('slide.xml'), '-q', '--slide', at('slide.tif'), '-o', at('slide_mask.tif'));
  browser = await launch();
}, LIMIT);

after(async () => {
  await browser?.close();
  await made?.remove();
});

/** Runs `act` with a server on a fresh copy of the files that are named. */
async function withFiles(names, args, act) {
  const own = await folder();
  const files = Object.fromEntries(Object.keys(names).map((name) => [name, path.join(own.name, name)]));
  let server;
  try {
    for (const [name, from] of Object.entries(names)) {
      await copyFile(path.join(made.name, from), files[name]);
    }
    server = await serve(own.name, ...args);
    await act(server, files, own.name);
  } finally {
    await server?.stop();
    await own.remove();
  }
}

const SLIDE = { 'slide.tif': 'slide.tif' };
const ANNOTATED = { ...SLIDE, 'slide.xml': 'slide.xml' };

/** The annotations of an ASAP file: [type, [[x, y], ...]] by name. */
async function contours(file) {
  const text = await readFile(file, 'utf8');
  const found = {};
  for (const [, head, body] of text.matchAll(/<Annotation ([^>]*)>([\s\S]*?)<\/Annotation>/g)) {
    const name = /Name="([^"]*)"/.exec(head)[1];
    const points = [...body.matchAll(/X="([^"]*)" Y="([^"]*)"/g)].map(([, x, y]) => [Number(x), Number(y)]);
    found[name] = [/Type="([^"]*)"/.exec(head)[1], points];
  }
  return found;
}

function nearPoints(points, expected, tolerance = 1e-6) {
  assert.equal(points.length, expected.length, JSON.stringify(points));
  expected.forEach(([x, y], i) => assert.ok(
    Math.abs(points[i][0] - x) <= tolerance && Math.abs(points[i][1] - y) <= tolerance, `${points[i]} is not ${[x, y]}`));
}

describe('the page', { concurrency: false }, () => {
  test('shows the slide, keeps the policy, and its address leads back', LIMIT, () => withFiles(ANNOTATED, [], async (server) => {
    const page = await look(browser, server.address);
    assert.ok(!page.url().includes('t='), 'the secret has left the address');
    await lookAt(page, 1500, 1200, 2, 30);
    const hash = await page.evaluate(() => globalThis.nodal.address());
    const query = new URLSearchParams(hash.slice(1));
    assert.equal(Number(query.get('mpp')), 1);
    assert.deepEqual([query.get('x'), query.get('y'), query.get('rot')], ['1500.0', '1200.0', '30']);
    const again = await look(browser, `${new URL(server.address).origin}/${hash}`, { context: page.context() });
    const place = await again.evaluate(() => globalThis.nodal.session.view.place(true));
    assert.ok(Math.abs(place.x - 1500) < 0.1 && Math.abs(place.y - 1200) < 0.1 && Math.abs(place.scale - 0.5) < 1e-6);
    assert.equal(Math.round(place.rotation), 30);
    assert.deepEqual([...page.complaints, ...again.complaints], []);
    await page.context().close();
  }));

  test('tells who has no key, and says when tiles are missing', LIMIT, () => withFiles(SLIDE, [], async (server) => {
    const stranger = await look(browser, new URL(server.address).origin, { wait: false });
    await stranger.getByText('needs the key that nodal view printed').waitFor();
    await stranger.context().close();
    const context = await browser.newContext({ viewport: { width: 900, height: 640 } });
    await context.route(/\/tiles\//, (route) => route.abort());
    const page = await look(browser, server.address, { wait: false, context });
    await page.getByText('cannot be read').waitFor();
    await context.close();
  }));

  test('every tool by mouse, read back from the file in level-0 pixels', LIMIT, () => withFiles(ANNOTATED, [], async (server, files) => {
    const page = await look(browser, server.address);
    const c = await lookAt(page, 2000, 1500, 4);
    const to = ([x, y]) => [2000 + (x - c.left) * 4, 1500 + (y - c.top) * 4];
    const at = (dx, dy) => [c.left + dx, c.top + dy];
    const press = (key) => page.keyboard.press(key);
    const polygon = [at(-200, -150), at(-120, -160), at(-100, -90), at(-190, -80)];
    await press('p');
    for (const p of polygon) {
      await click(page, ...p);
    }
    await click(page, polygon[0][0] + 3, polygon[0][1] - 3);
    await press('r');
    await drag(page, at(20, -150), at(110, -90));
    await press('m');
    await drag(page, at(-200, 100), at(-100, 175));
    await press('d');
    await click(page, ...at(-20, 120));
    await press('i');
    const set = [at(40, 60), at(55, 60), at(40, 80)];
    for (const p of set) {
      await click(page, ...p);
    }
    await press('Enter');
    const spline = [at(120, 0), at(180, 10), at(170, 80), at(110, 70)];
    await press('s');
    for (const p of spline) {
      await click(page, ...p);
    }
    await press('Enter');
    await saved(page);
    const found = await contours(files['slide.xml']);
    const last = (type) => Object.values(found).filter(([t]) => t === type).at(-1)[1];
    nearPoints(last('Polygon'), polygon.map(to));
    const [a, b] = [to(at(20, -150)), to(at(110, -90))];
    nearPoints(last('Rectangle'), [[a[0], a[1]], [b[0], a[1]], [b[0], b[1]], [a[0], b[1]]]);
    nearPoints(last('Measurement'), [to(at(-200, 100)), to(at(-100, 175))]);
    nearPoints(last('Dot'), [to(at(-20, 120))]);
    nearPoints(last('PointSet'), set.map(to));
    nearPoints(last('Spline'), spline.map(to));
    assert.deepEqual(page.complaints, []);
    await page.context().close();
  }));

  test('brush: a stroke is as wide as its circle, Alt cuts, an ellipse makes a new file GeoJSON', LIMIT, () => withFiles(SLIDE, [], async (server, files, own) => {
    const page = await look(browser, server.address);
    const c = await lookAt(page, 2000, 1500, 2);
    await page.keyboard.press('o');
    await drag(page, [c.left - 200, c.top - 100], [c.left - 100, c.top - 40]);
    await page.evaluate(() => globalThis.nodal.session.brush.set(20));
    await page.keyboard.press('b');
    await drag(page, [c.left, c.top], [c.left + 100, c.top], 6);
    const areas = () => page.evaluate(() => globalThis.nodal.session.selected.map((item) => item.rings.map((r) => {
      let twice = 0;
      for (let i = 0, j = r.length - 2; i < r.length; j = i, i += 2) twice += r[j] * r[i + 1] - r[i] * r[j + 1];
      return Math.abs(twice) / 2;
    })));
    const [[painted]] = await areas();
    const capsule = 4 * (Math.PI * 400 + 40 * 100);
    assert.ok(Math.abs(painted / capsule - 1) < 0.03, `${painted} is not ${capsule}`);
    await page.keyboard.down('Alt');
    await click(page, c.left + 50, c.top);
    await page.keyboard.up('Alt');
    const [outer, hole] = (await areas())[0];
    assert.equal(outer, painted);
    assert.ok(Math.abs(hole / (4 * Math.PI * 400) - 1) < 0.05, `${hole} is no disc of 20 screen pixels`);
    await saved(page);
    const geojson = JSON.parse(await readFile(path.join(own, 'slide.geojson'), 'utf8'));
    const features = geojson.features ?? geojson;
    assert.equal(features.length, 2);
    await page.context().close();
  }));

  test('by keys alone: a polygon under the crosshair', LIMIT, () => withFiles(SLIDE, [], async (server, files, own) => {
    const page = await look(browser, server.address);
    await lookAt(page, 2000, 1500, 4);
    const press = (key) => page.keyboard.press(key);
    const corners = [];
    const corner = async () => {
      corners.push(await page.evaluate(() => { const p = globalThis.nodal.session.view.place(); return [p.x, p.y]; }));
      await press('Enter');
    };
    const creep = async (key) => {
      for (let i = 0; i < 20; i++) await press(`Shift+${key}`);
    };
    await press('j');
    await press('p');
    await corner();
    await creep('ArrowRight');
    await corner();
    await creep('ArrowDown');
    await corner();
    await press('Shift+Enter');
    await saved(page);
    nearPoints(corners, [[2000, 1500], [2080, 1500], [2080, 1580]], 0.01);
    const [[type, points]] = Object.values(await contours(path.join(own, 'slide.xml')));
    assert.equal(type, 'Polygon');
    nearPoints(points, corners, 1e-6);
    await page.context().close();
  }));

  test('undo to the start gives the file of before, redo to the end the one of after', LIMIT, () => withFiles(ANNOTATED, [], async (server, files) => {
    const page = await look(browser, server.address);
    const original = await readFile(files['slide.xml'], 'utf8');
    const c = await lookAt(page, 2000, 1500, 4);
    await page.keyboard.press('r');
    await drag(page, [c.left - 100, c.top - 80], [c.left - 40, c.top - 30]);
    await page.keyboard.press('v');
    await drag(page, [c.left - 40, c.top - 30], [c.left + 10, c.top + 20]);
    await page.keyboard.press('Alt+ArrowRight');
    await page.keyboard.press('g');
    await page.keyboard.press('Alt+2');
    await page.keyboard.press('Control+a');
    await page.keyboard.press('Shift+Delete');
    await page.keyboard.press('Control+z');
    await saved(page);
    const edited = await readFile(files['slide.xml'], 'utf8');
    assert.notEqual(edited, original);
    assert.equal(await readFile(`${files['slide.xml']}.orig`, 'utf8'), original);
    await page.evaluate(() => { while (globalThis.nodal.session.document.undo()); });
    await saved(page);
    assert.equal(await readFile(files['slide.xml'], 'utf8'), original);
    await page.evaluate(() => { while (globalThis.nodal.session.document.redoLabel !== 'delete 2 shapes') globalThis.nodal.session.document.redo(); });
    await saved(page);
    assert.equal(await readFile(files['slide.xml'], 'utf8'), edited);
    await page.context().close();
  }));

  test('looking changes no file', LIMIT, () => withFiles(ANNOTATED, [], async (server, files, own) => {
    const page = await look(browser, server.address);
    const original = await readFile(files['slide.xml']);
    await page.keyboard.press('n');
    await page.keyboard.press('f');
    await page.keyboard.press('Control+a');
    await page.keyboard.press('y');
    await page.keyboard.press('Control+s');
    await saved(page);
    assert.deepEqual(await readFile(files['slide.xml']), original);
    await assert.rejects(readFile(path.join(own, 'slide.xml.orig')));
    await page.context().close();
  }));

  test('hidden and locked shapes cannot be hit or changed', LIMIT, () => withFiles(ANNOTATED, [], async (server) => {
    const page = await look(browser, server.address);
    const box = await page.evaluate(() => {
      const r = [...globalThis.nodal.session.document.items.values()][0].rings[0];
      let [x, y] = [0, 0];
      for (let i = 0; i < r.length; i += 2) { x += r[i]; y += r[i + 1]; }
      return [x / (r.length / 2), y / (r.length / 2)];
    });
    const c = await lookAt(page, box[0], box[1], 4);
    const selected = () => page.evaluate(() => globalThis.nodal.session.selection.get().size);
    await click(page, c.left, c.top);
    assert.equal(await selected(), 1);
    await page.keyboard.press('l');
    await page.keyboard.press('Shift+Delete');
    await page.getByText('is locked').waitFor();
    assert.equal(await page.evaluate(() => globalThis.nodal.session.document.items.size), 1);
    await page.keyboard.press('Escape');
    await page.keyboard.press('a');
    await click(page, c.left, c.top);
    assert.equal(await selected(), 0);
    await page.context().close();
  }));

  test('edits outlive a killed server', LIMIT, async () => {
    const own = await folder();
    await copyFile(path.join(made.name, 'slide.tif'), path.join(own.name, 'slide.tif'));
    await copyFile(path.join(made.name, 'slide.xml'), path.join(own.name, 'slide.xml'));
    let server = await serve(own.name);
    const page = await look(browser, server.address);
    const context = page.context();
    const { port } = server;
    await server.kill();
    const c = await lookAt(page, 2000, 1500, 4);
    await page.keyboard.press('r');
    await drag(page, [c.left - 100, c.top - 80], [c.left - 40, c.top - 30]);
    await page.waitForFunction(() => globalThis.nodal.session.saveState.get().state === 'offline');
    await page.close({ runBeforeUnload: false });
    server = await serve(own.name, '--port', port);
    try {
      const again = await look(browser, server.address, { context });
      await again.getByText('not saved yet').waitFor();
      await saved(again);
      const found = await contours(path.join(own.name, 'slide.xml'));
      nearPoints(Object.values(found).find(([type]) => type === 'Rectangle')[1],
                 [[1600, 1180], [1840, 1180], [1840, 1380], [1600, 1380]], 4);
      await context.close();
    } finally {
      await server.stop();
      await own.remove();
    }
  });

  test('a file that changed beneath is told and merged', LIMIT, () => withFiles(ANNOTATED, [], async (server, files) => {
    const page = await look(browser, server.address);
    const theirs = (await readFile(files['slide.xml'], 'utf8')).replace('Name="Nest 1"', 'Name="Nest of others"');
    await writeFile(files['slide.xml'], theirs);
    const c = await lookAt(page, 2000, 1500, 4);
    await page.keyboard.press('d');
    await click(page, c.left, c.top);
    await page.getByRole('dialog').waitFor();
    assert.equal(await readFile(files['slide.xml'], 'utf8'), theirs);
    await page.getByText('Put my edits into the file').click();
    await saved(page);
    const found = await contours(files['slide.xml']);
    assert.ok(found['Nest of others']);
    nearPoints(Object.values(found).find(([type]) => type === 'Dot')[1], [[2000, 1500]], 4);
    await page.context().close();
  }));

  test('read-only: looks as always, draws nothing', LIMIT, () => withFiles(ANNOTATED, ['--read-only'], async (server) => {
    const page = await look(browser, server.address);
    await page.keyboard.press('p');
    await page.getByText('read-only: nothing can be changed').waitFor();
    assert.equal(await page.evaluate(() => globalThis.nodal.session.tool.get()), 'select');
    await page.context().close();
  }));

  test('a mask lies where its contour is, in the colour of its legend', LIMIT, () => withFiles({ ...ANNOTATED, 'slide_mask.tif': 'slide_mask.tif' }, [], async (server) => {
    const page = await look(browser, server.address);
    await page.evaluate(() => {
      const { session, overlays } = globalThis.nodal;
      overlays.set(session.overlays.get()[0].id, { opacity: 1 });
    });
    const ring = await page.evaluate(() => [...[...globalThis.nodal.session.document.items.values()][0].rings[0]]);
    const xs = ring.filter((_, i) => i % 2 === 0);
    const ys = ring.filter((_, i) => i % 2 === 1);
    const [x, y] = [(Math.min(...xs) + Math.max(...xs)) / 2, (Math.min(...ys) + Math.max(...ys)) / 2];
    for (const rotation of [0, 40]) {
      const c = await lookAt(page, x, y, 2, rotation);
      const differing = await page.waitForFunction(({ r, c: box }) => {
        const { overlays, session } = globalThis.nodal;
        overlays.draw();
        const canvas = overlays.canvas;
        const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
        const inside = (px, py) => {
          let odd = false;
          for (let i = 0, j = r.length - 2; i < r.length; j = i, i += 2) {
            if (r[i + 1] > py !== r[j + 1] > py && px < ((r[j] - r[i]) * (py - r[i + 1])) / (r[j + 1] - r[i + 1]) + r[i]) odd = !odd;
          }
          return odd;
        };
        let [set, wrong] = [0, 0];
        for (let sy = 20; sy < box.height - 20; sy += 9) {
          for (let sx = 20; sx < box.width - 20; sx += 9) {
            const p = session.view.toSlide(sx + 0.5, sy + 0.5);
            const alpha = data[4 * (sy * canvas.width + sx) + 3];
            set += alpha > 127 ? 1 : 0;
            wrong += inside(p.x, p.y) !== alpha > 127 ? 1 : 0;
          }
        }
        return set > 50 ? { set, wrong } : null;
      }, { r: ring, c });
      const { set, wrong } = await differing.jsonValue();
      assert.ok(wrong <= set * 0.02, `${wrong} of ${set} places differ`);
    }
    await page.context().close();
  }));

  test('two slides: linked at three zooms through an affine map', LIMIT, () => withFiles({ 'a.tif': 'slide.tif', 'b.tif': 'slide.tif' }, [], async (server) => {
    const page = await look(browser, server.address);
    const affine = [0.96, -0.28, 150, 0.28, 0.96, -90];
    await page.evaluate(async (map) => {
      const { session } = globalThis.nodal;
      const [a, b] = session.slides.get().map((s) => s.id);
      const put = await fetch(`/api/v1/pairs/${a}/${b}`, { method: 'PUT', headers: { 'Content-Type': 'application/json' },
                                                          body: JSON.stringify({ affine: map, points: [] }) });
      if (!put.ok) throw new Error(await put.text());
      await globalThis.nodal.pair.open(b);
    }, affine);
    for (const [x, y, pixels] of [[2000, 1500, 4], [1000, 800, 1], [3000, 2000, 8]]) {
      await lookAt(page, x, y, pixels);
      await page.waitForFunction((p) => Math.abs(globalThis.nodal.pair.second.place().x - p) < 0.01, 0.96 * x - 0.28 * y + 150);
      const place = await page.evaluate(() => globalThis.nodal.pair.second.place());
      nearPoints([[place.x, place.y]], [[0.96 * x - 0.28 * y + 150, 0.28 * x + 0.96 * y - 90]], 0.01);
      assert.ok(Math.abs(place.scale * pixels - 1) < 1e-6);
      assert.ok(Math.abs(((place.rotation + 180) % 360) - 180 + (Math.atan2(0.28, 0.96) * 180) / Math.PI) < 1e-6);
    }
    await page.context().close();
  }));
});

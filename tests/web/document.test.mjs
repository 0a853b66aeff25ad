// SPDX-License-Identifier: Apache-2.0
// Annotations, their history, tables of colours, units, and the key map of the guide.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { load, ROOT } from './module.mjs';

const { AnnotationDocument, itemToWire } = await load('document');
const lut = await load('lut');
const units = await load('units');
const keys = await load('keys');

const item = (id, rings, more = {}) => ({ id, name: id, type: 'polygon', group: null, color: null, rings,
                                          holes: rings.map(() => false), ...more });
const state = (d) => JSON.stringify({ items: d.order.map((id) => [id, itemToWire(d.item(id))]),
                                      groups: d.groupIds.map((id) => d.group(id)) });

function filled() {
  const d = new AnnotationDocument();
  d.load({
    groups: [{ id: 'g', name: 'g', color: '#ff0000', parent: null }, { id: 'h', name: 'h', color: '#00ff00', parent: 'g' }],
    items: [item('a', [[0, 0, 10.123456789, 0, 10, 10]], { group: 'h' }), item('b', [[1, 1, 2, 2, 3, 1]])],
  });
  return d;
}

test('history: everything back to the start and forth to the end, however mixed', () => {
  const d = filled();
  const states = [state(d)];
  const step = (label, act) => {
    d.edit(label, act);
    states.push(state(d));
  };
  step('vertex', () => d.setItem('a', { rings: [Float64Array.of(0, 0, 10.123456789, 5, 10, 10)] }));
  step('insert', () => d.setItem('a', { rings: [Float64Array.of(0, 0, 5, 1, 10.123456789, 5, 10, 10)] }));
  step('hole', () => d.setItem('a', { rings: [d.item('a').rings[0], Float64Array.of(1, 1, 2, 1, 2, 2)], holes: [false, true] }));
  step('add', () => d.addItem(item('c', [Float64Array.of(5, 5)], { type: 'point' }), 1));
  step('rename and move', () => d.setItem('b', { name: 'B', group: 'g' }));
  step('two at once', () => { d.removeItem('a'); d.addGroup({ id: 'k', name: 'k', color: null, parent: null }); });
  step('group goes', () => d.removeGroup('g'));
  assert.equal(new Set(states).size, states.length);
  for (let i = states.length - 2; i >= 0; i--) {
    assert.ok(d.undo());
    assert.equal(state(d), states[i]);
  }
  assert.equal(d.undo(), null);
  for (let i = 1; i < states.length; i++) {
    assert.ok(d.redo());
    assert.equal(state(d), states[i]);
  }
  assert.equal(d.redo(), null);
});

test('history: nothing changed is no step; a new edit ends the way forth', () => {
  const d = filled();
  d.edit('nothing', () => d.setItem('a', { name: 'a', rings: [Float64Array.of(0, 0, 10.123456789, 0, 10, 10)] }));
  assert.equal(d.undoLabel, null);
  d.edit('one', () => d.setItem('a', { name: 'x' }));
  d.undo();
  d.edit('two', () => d.setItem('a', { name: 'y' }));
  assert.equal(d.redoLabel, null);
});

test('history: a step with the same mark within a second joins the last', () => {
  const d = filled();
  for (const name of ['x', 'y', 'z']) {
    d.edit('name', () => d.setItem('a', { name }), 'same');
  }
  d.undo();
  assert.equal(d.item('a').name, 'a');
  assert.equal(d.undoLabel, null);
});

test('values held by others never change', () => {
  const d = filled();
  const before = d.item('a');
  const first = [...before.rings[0]];
  d.edit('move', () => d.setItem('a', { rings: [Float64Array.of(9, 9, 10, 0, 10, 10)] }));
  assert.deepEqual([...before.rings[0]], first);
});

test('colour: the outermost group wins, as in ASAP; a group is no part of itself', () => {
  const d = filled();
  assert.equal(d.colorOf(d.item('a')), '#ff0000');
  assert.equal(d.colorOf({ ...d.item('b'), color: '#123456' }), '#123456');
  d.edit('loop', () => d.setGroup('g', { parent: 'h' }));
  assert.equal(d.group('g').parent, null);
});

test('tables: ends clamp, stops are met, thresholds cut', () => {
  const [traffic] = lut.presets(0, 1);
  assert.deepEqual(lut.lookUp(traffic, -1), [0, 255, 0, 0]);
  assert.deepEqual(lut.lookUp(traffic, 127 / 255), [255, 255, 0, 255]);
  assert.deepEqual(lut.lookUp(traffic, 7), [255, 0, 0, 255]);
  const cut = lut.table(traffic, 0, 1, 0.5, 1);
  assert.equal(cut[4 * 127 + 3], 0);
  assert.equal(cut[4 * 128 + 3], 255);
  const label = lut.labelLut([{ value: 2, color: '#102030' }]);
  assert.equal(lut.lookUp(label, 0)[3], 0);
  assert.deepEqual(lut.lookUp(label, 2), [16, 32, 48, 255]);
});

test('units: micrometres, millimetres, pixels without spacing, round bars', () => {
  assert.equal(units.formatLength(999.4, [1, 1]), '999 µm');
  assert.equal(units.formatLength(1250, [0.5, 0.5]), '1.25 mm');
  assert.equal(units.formatLength(12, null), '12 px');
  assert.equal(units.formatArea(4e6, [0.5, 0.5]), '1 mm²');
  assert.equal(units.formatArea(1000, [0.5, 0.5]), '250 µm²');
  assert.equal(units.roundLength(180), 100);
  assert.equal(units.roundLength(0.7), 0.5);
  assert.equal(units.magnification(0.25), 40);
});

test('keys: each means one thing, and the guide has them all', async () => {
  const all = keys.KEYS.flatMap((row) => row.keys);
  assert.equal(new Set(all).size, all.length);
  const guide = await readFile(path.join(ROOT, 'docs/guide/annotating.md'), 'utf8');
  assert.ok(guide.includes(keys.keyMarkdown()), 'docs/guide/annotating.md and web/src/keys.ts differ');
});

// SPDX-License-Identifier: Apache-2.0
// Modules of the page as Node.js can import them.
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const WEB = fileURLToPath(new URL('../../web/', import.meta.url));
export const ROOT = path.dirname(WEB);
export const fromWeb = createRequire(path.join(WEB, 'package.json'));

/** Imports web/src/NAME.ts. */
export async function load(name) {
  const { build } = fromWeb('esbuild');
  const folder = await mkdtemp(path.join(os.tmpdir(), 'nodal-web-'));
  const outfile = path.join(folder, `${name}.mjs`);
  try {
    await build({ entryPoints: [path.join(WEB, 'src', `${name}.ts`)], outfile, bundle: true, format: 'esm', platform: 'node',
                  logLevel: 'warning', jsx: 'automatic', jsxImportSource: 'preact' });
    return await import(pathToFileURL(outfile).href);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

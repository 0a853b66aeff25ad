// SPDX-License-Identifier: Apache-2.0
// Edits that the server does not have yet, kept in this browser so that neither a crash nor a lost server loses them.
import type { WireOp } from './api';

export interface JournalEntry {
  slide: string;
  /** The state of the file they start from. */
  etag: string;
  ops: WireOp[];
  /** What the shapes that they set or delete were before, to find them again in a file that has changed. */
  before: Record<string, unknown>;
  /** Ids of the items of the file, in its order, and of its groups with the names that lead to them. */
  items: string[];
  groups: [id: string, path: string][];
  time: number;
}

const NAME = 'nodal';
const STORE = 'journal';

let opened: Promise<IDBDatabase> | null = null;

function database(): Promise<IDBDatabase> {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: 'slide' });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opened;
}

async function run<T>(mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const db = await database();
  return new Promise((resolve, reject) => {
    const request = act(db.transaction(STORE, mode).objectStore(STORE));
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

export const journal = {
  read: (slide: string) => run<JournalEntry | undefined>('readonly', (store) => store.get(slide)),
  write: (entry: JournalEntry) => run('readwrite', (store) => store.put(entry)),
  clear: (slide: string) => run('readwrite', (store) => store.delete(slide)),
};

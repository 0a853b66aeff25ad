// SPDX-License-Identifier: Apache-2.0
// A value that tells who reads it when it changes, and the hook with which panels read it.
import { useEffect, useState } from 'preact/hooks';

export interface Readable<T> {
  get(): T;
  subscribe(listener: (value: T) => void): () => void;
}

export class Signal<T> implements Readable<T> {
  private listeners = new Set<(value: T) => void>();

  constructor(private value: T) {}

  get(): T {
    return this.value;
  }

  set(value: T): void {
    if (!Object.is(value, this.value)) {
      this.value = value;
      this.emit();
    }
  }

  update(change: (value: T) => T): void {
    this.set(change(this.value));
  }

  /** Tells the readers although the value is the same object. */
  emit(): void {
    for (const listener of [...this.listeners]) {
      listener(this.value);
    }
  }

  subscribe(listener: (value: T) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}

/** The value now; the panel is drawn again when it changes. */
export function useSignal<T>(signal: Readable<T>): T {
  const [, tick] = useState(0);
  useEffect(() => signal.subscribe(() => tick((n) => n + 1)), [signal]);
  return signal.get();
}

/** A value kept in this browser from visit to visit; anything unreadable counts as absent. */
export function stored<T>(key: string, fallback: T): Signal<T> {
  let first = fallback;
  try {
    const text = localStorage.getItem(`nodal.${key}`);
    if (text !== null) {
      first = JSON.parse(text) as T;
    }
  } catch {
    // Storage is refused or holds something else: the fallback serves.
  }
  const signal = new Signal(first);
  signal.subscribe((value) => {
    try {
      localStorage.setItem(`nodal.${key}`, JSON.stringify(value));
    } catch {
      // Full or refused: the setting lasts as long as the page.
    }
  });
  return signal;
}

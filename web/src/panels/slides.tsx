// SPDX-License-Identifier: Apache-2.0
// The slides there are, with their pictures, and a field to find one by name.
import { useState } from 'preact/hooks';
import { api, type SlideEntry } from '../api';
import type { App } from '../app';
import { useSignal } from '../signal';
import { formatNumber } from '../units';

function describe(s: SlideEntry): string {
  if (s.status === 'unreadable') {
    return s.message ?? 'cannot be opened';
  }
  if (s.width === null || s.height === null) {
    return 'not opened yet';
  }
  const size = s.spacing_um
    ? `${formatNumber((s.width * s.spacing_um[0]) / 1000, 1)} × ${formatNumber((s.height * s.spacing_um[1]) / 1000, 1)} mm`
    : `${formatNumber(s.width)} × ${formatNumber(s.height)} px`;
  return [size, s.annotations ? 'annotated' : '', s.overlays ? (s.overlays === 1 ? '1 overlay' : `${s.overlays} overlays`) : '']
    .filter((part) => part).join(' · ');
}

export function SlidesPanel({ app }: { app: App }) {
  const slides = useSignal(app.session.slides);
  const current = useSignal(app.session.slide);
  const [query, setQuery] = useState('');
  const words = query.toLowerCase().split(/\s+/).filter((w) => w);
  const found = slides.filter((s) => words.every((w) => s.name.toLowerCase().includes(w)));
  return (
    <>
      {slides.length > 5 ? (
        <input type="search" class="field" placeholder="Find a slide" aria-label="Find a slide" value={query}
               onInput={(e) => setQuery(e.currentTarget.value)} />
      ) : null}
      <ul class="slides">
        {found.map((s) => (
          <li key={s.id}>
            <button type="button" class="slide" aria-current={s.id === current?.id} onClick={() => void app.open(s.id)}>
              <span class="thumb">
                {s.status === 'unreadable' ? null : <img src={api.thumbnailUrl(s.id, 160)} alt="" loading="lazy" decoding="async" />}
              </span>
              <span class="text">
                <span class="name">{s.name}</span>
                <span class={s.status === 'unreadable' ? 'detail warn' : 'detail'}>{describe(s)}</span>
              </span>
            </button>
          </li>
        ))}
      </ul>
      {!found.length ? <p class="empty">{slides.length ? 'No slide has such a name.' : 'There are no slides.'}</p> : null}
    </>
  );
}

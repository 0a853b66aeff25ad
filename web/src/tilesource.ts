// SPDX-License-Identifier: Apache-2.0
// A slide as OpenSeadragon wants it: its own levels with their true downsamples and tile sizes, smallest first.
import OpenSeadragon from 'openseadragon';
import { api, type Slide } from './api';

export function tileSource(slide: Slide): OpenSeadragon.TileSource {
  const levels = [...slide.levels].reverse();
  const last = levels.length - 1;
  const count = (level: number): OpenSeadragon.Point => {
    const l = levels[level];
    // A level may be padded to whole tiles: only what lies on the slide is asked for.
    const columns = Math.ceil(Math.min(l.width, slide.width / l.downsample) / l.tile_width);
    const rows = Math.ceil(Math.min(l.height, slide.height / l.downsample) / l.tile_height);
    return new OpenSeadragon.Point(Math.max(columns, 1), Math.max(rows, 1));
  };
  const options = {
    width: slide.width,
    height: slide.height,
    tileWidth: levels[last].tile_width,
    tileHeight: levels[last].tile_height,
    tileOverlap: 0,
    minLevel: 0,
    maxLevel: last,
    getLevelScale: (level: number) => 1 / levels[level].downsample,
    getTileWidth: (level: number) => levels[level].tile_width,
    getTileHeight: (level: number) => levels[level].tile_height,
    getNumTiles: count,
    getTileAtPoint: (level: number, point: OpenSeadragon.Point) => {
      const l = levels[level];
      const tiles = count(level);
      const place = (x: number, size: number, n: number): number =>
        Math.min(Math.max(Math.floor((x * slide.width) / l.downsample / size), 0), n - 1);
      return new OpenSeadragon.Point(place(point.x, l.tile_width, tiles.x), place(point.y, l.tile_height, tiles.y));
    },
    getTileUrl: (level: number, column: number, row: number) => api.tileUrl(slide, last - level, column, row),
  };
  return new OpenSeadragon.TileSource(options as unknown as OpenSeadragon.TileSourceOptions);
}

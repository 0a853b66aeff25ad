// SPDX-License-Identifier: Apache-2.0
// A slide as OpenSeadragon wants it: its own levels with their true downsamples and tile sizes, smallest first. Where
// the smallest has many tiles the thumbnail stands below it, so that there is no hole to look at while they come.
import OpenSeadragon from 'openseadragon';
import { api, type Level, type Slide } from './api';

const THUMBNAIL = 512;
/** From so many tiles of the smallest level on. */
const MANY_TILES = 5;

function thumbnailLevel(slide: Slide): Level {
  const downsample = Math.max(slide.width, slide.height) / THUMBNAIL;
  const width = Math.max(Math.round(slide.width / downsample), 1);
  const height = Math.max(Math.round(slide.height / downsample), 1);
  return { width, height, downsample, tile_width: width, tile_height: height };
}

export function tileSource(slide: Slide): OpenSeadragon.TileSource {
  const own = [...slide.levels].reverse();
  const { width, height, tile_width, tile_height, downsample } = own[0];
  const coarse = Math.ceil(width / tile_width) * Math.ceil(height / tile_height);
  const below = coarse >= MANY_TILES && Math.max(slide.width, slide.height) / THUMBNAIL > 1.5 * downsample;
  const levels = below ? [thumbnailLevel(slide), ...own] : own;
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
    getTileUrl: (level: number, column: number, row: number) =>
      (below && level === 0 ? api.thumbnailUrl(slide.id, THUMBNAIL, slide.etag)
                            : api.tileUrl(slide, last - level, column, row)),
  };
  return new OpenSeadragon.TileSource(options as unknown as OpenSeadragon.TileSourceOptions);
}

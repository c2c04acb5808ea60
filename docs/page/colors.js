/* Metres as colors: scale and table of mmdepthcls.visualization.DepthColors, which the build has written down. */

/* Where on the scale metres lie, 0..1. */
export function positionOf(metres, {low, high, scale}) {
  const depth = Math.min(Math.max(metres, low), high);
  if (scale === 'log') {
    return Math.log(depth / low) / Math.log(high / low);
  }
  return scale === 'inverse' ? (depth - low) / depth * high / (high - low) : (depth - low) / (high - low);
}

/* ImageData of a map, each value through a function to a place in a table of colors. */
export function paint(map, height, width, table, place) {
  const image = new ImageData(width, height), last = table.length - 1;
  const packed = Uint32Array.from(table, ([red, green, blue]) => {
    const bytes = Uint8Array.of(red, green, blue, 255);
    return new Uint32Array(bytes.buffer)[0];
  });
  const pixels = new Uint32Array(image.data.buffer);
  for (let at = 0; at < map.length; at++) {
    pixels[at] = packed[Math.min(Math.floor(place(map[at]) * (last + 1)), last)];
  }
  return image;
}

export const GRAYS = Array.from({length: 256}, (_, level) => [level, level, level]);

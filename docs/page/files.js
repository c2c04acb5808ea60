/* Depth as files: 16-bit PNG, NumPy's array, point cloud. The same bytes of numbers as `mmdepthcls predict` writes. */

import {roundEven} from './resize.js';

const MOST = 65535;

/* Blob of a 16-bit PNG: metres * units, 0 = none; metres: Float32Array of height * width. */
export async function depthPng(metres, height, width, units) {
  const rows = new Uint8Array(height * (1 + 2 * width));  // each begins with its filter, 0: none
  for (let row = 0, to = 0; row < height; row++) {
    to++;
    for (let column = 0; column < width; column++, to += 2) {
      const value = storedDepth(metres[row * width + column] * units);
      rows[to] = value >> 8;
      rows[to + 1] = value & 255;
    }
  }
  const header = new Uint8Array(13), view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header[8] = 16;  // bits, of gray
  const data = new Uint8Array(await new Response(
    new Blob([rows]).stream().pipeThrough(new CompressionStream('deflate'))).arrayBuffer());
  return new Blob([Uint8Array.of(0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A), chunk('IHDR', header),
    chunk('IDAT', data), chunk('IEND', new Uint8Array(0))], {type: 'image/png'});
}

/* Rounded; 0 for what 16 bits cannot hold. */
function storedDepth(value) {
  return value > 0 && value < MOST + 0.5 ? Math.max(roundEven(value), 1) : 0;
}

/* How many pixels are too far for such a PNG. */
export function beyondPng(metres, units) {
  return metres.reduce((count, value) => count + (value * units >= MOST + 0.5), 0);
}

/* Blob of an array (height, width) float32, for numpy.load. */
export function depthArray(metres, height, width) {
  const head = `{'descr': '<f4', 'fortran_order': False, 'shape': (${height}, ${width}), }`;
  const padded = head + ' '.repeat((64 - (10 + head.length + 1) % 64) % 64) + '\n';
  const bytes = new Uint8Array(10 + padded.length);
  bytes.set([0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, 1, 0, padded.length & 255, padded.length >> 8]);
  bytes.set(new TextEncoder().encode(padded), 10);
  return new Blob([bytes, littleEndian(metres)], {type: 'application/octet-stream'});
}

/* Blob of a binary PLY: x to the right, y down, z along the view, in metres, with the picture's colors. */
export function pointFile(metres, rgb, height, width, focal) {
  const head = 'ply\nformat binary_little_endian 1.0\ncomment metres; x right, y down, z along the view\n'
    + `element vertex ${height * width}\nproperty float x\nproperty float y\nproperty float z\n`
    + 'property uchar red\nproperty uchar green\nproperty uchar blue\nend_header\n';
  const bytes = new Uint8Array(15 * height * width), view = new DataView(bytes.buffer);
  for (let row = 0, pixel = 0; row < height; row++) {
    for (let column = 0; column < width; column++, pixel++) {
      const depth = metres[pixel];
      view.setFloat32(15 * pixel, (column - (width - 1) / 2) * depth / focal, true);
      view.setFloat32(15 * pixel + 4, (row - (height - 1) / 2) * depth / focal, true);
      view.setFloat32(15 * pixel + 8, depth, true);
      bytes.set(rgb.subarray(3 * pixel, 3 * pixel + 3), 15 * pixel + 12);
    }
  }
  return new Blob([head, bytes], {type: 'application/octet-stream'});
}

function littleEndian(values) {
  const view = new DataView(new ArrayBuffer(4 * values.length));
  values.forEach((value, index) => view.setFloat32(4 * index, value, true));
  return view.buffer;
}

/* A part of a PNG: length, name, data, checksum. */
function chunk(name, data) {
  const bytes = new Uint8Array(12 + data.length), view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set(new TextEncoder().encode(name), 4);
  bytes.set(data, 8);
  view.setUint32(8 + data.length, crc(bytes.subarray(4, 8 + data.length)));
  return bytes;
}

const CRC_TABLE = Uint32Array.from({length: 256}, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) {
    value = value & 1 ? 0xEDB88320 ^ (value >>> 1) : value >>> 1;
  }
  return value;
});

function crc(bytes) {
  let value = 0xFFFFFFFF;
  for (const byte of bytes) {
    value = CRC_TABLE[(value ^ byte) & 255] ^ (value >>> 8);
  }
  return (value ^ 0xFFFFFFFF) >>> 0;
}

/* The focal length that a camera has written into a picture, as mmdepthcls/datasets/cameras/exif_focal.py has it. */

const EXIF_IFD = 0x8769, FOCAL_LENGTH = 0x920A, FILM_FOCAL_LENGTH = 0xA405;
const PLANE_X_RESOLUTION = 0xA20E, PLANE_UNIT = 0xA210, PIXELS_X = 0xA002, PIXELS_Y = 0xA003;
const MILLIMETRES = {2: 25.4, 3: 10, 4: 1};  // of the unit of the plane's resolution: inch, cm, mm
const SAME_SHAPE = 0.02;  // by which sides may differ that are meant to be in one proportion
const FILM_DIAGONAL = Math.hypot(36, 24);
const READERS = {  // of a number by its type: bytes, and how they are read
  1: [1, (view, at) => view.getUint8(at)], 3: [2, (view, at, little) => view.getUint16(at, little)],
  4: [4, (view, at, little) => view.getUint32(at, little)], 9: [4, (view, at, little) => view.getInt32(at, little)],
  5: [8, (view, at, little) => view.getUint32(at, little) / view.getUint32(at + 4, little)],
  10: [8, (view, at, little) => view.getInt32(at, little) / view.getInt32(at + 4, little)],
  11: [4, (view, at, little) => view.getFloat32(at, little)], 12: [8, (view, at, little) => view.getFloat64(at, little)],
};

/* {focal, words} in pixels of a picture of height x width, turned as it is seen; null where nothing is written. */
export function focalOfExif(bytes, height, width, plausible) {
  let tags;
  try {
    tags = exifTags(bytes);
  } catch (error) {
    if (error instanceof RangeError) {  // it ends too early, or leads outside: it was written by anybody
      return null;
    }
    throw error;
  }
  const [short, long] = [tags.get(PIXELS_X) || 0, tags.get(PIXELS_Y) || 0].sort((one, other) => one - other);
  const least = Math.min(height, width), most = Math.max(height, width);
  if (short && Math.abs(long / short * least / most - 1) > SAME_SHAPE) {
    return null;  // a part that was cut out: how large a part of the angle it shows is not known
  }
  const film = tags.get(FILM_FOCAL_LENGTH), millimetres = tags.get(FOCAL_LENGTH);
  const resolution = tags.get(PLANE_X_RESOLUTION), unit = MILLIMETRES[tags.has(PLANE_UNIT) ? tags.get(PLANE_UNIT) : 2];
  let focal = 0;
  if (film) {
    focal = film * Math.hypot(height, width) / FILM_DIAGONAL;
  } else if (millimetres && resolution && unit) {
    focal = millimetres * resolution / unit * (long ? most / long : 1);
  }
  if (!(focal >= plausible[0] * most && focal <= plausible[1] * most)) {
    return null;
  }
  return {focal, words: film ? `EXIF: ${film} mm on 35 mm film` : `EXIF: ${millimetres} mm`};
}

/* Map of numbers by tag, of the EXIF part of a JPEG, PNG or WebP; empty where there is none. */
function exifTags(bytes) {
  const block = exifBlock(bytes);
  const tags = new Map();
  if (block === null) {
    return tags;
  }
  const little = block.getUint16(0) === 0x4949, pointer = new Map();
  readTags(block, block.getUint32(4, little), little, pointer);
  if (pointer.has(EXIF_IFD)) {
    readTags(block, pointer.get(EXIF_IFD), little, tags);
  }
  return tags;
}

function readTags(block, begin, little, tags) {
  const count = block.getUint16(begin, little);
  for (let entry = begin + 2; entry < begin + 2 + 12 * count; entry += 12) {
    const [size, read] = READERS[block.getUint16(entry + 2, little)] || [0, null];
    if (read === null) {
      continue;
    }
    const value = read(block, size > 4 ? block.getUint32(entry + 8, little) : entry + 8, little);
    if (Number.isFinite(value) && value > 0) {
      tags.set(block.getUint16(entry, little), value);
    }
  }
}

/* DataView of the TIFF structure in a file, or null. */
function exifBlock(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const part = (begin, length) => new DataView(bytes.buffer, bytes.byteOffset + begin, length);
  const text = (at, length) => String.fromCharCode(...bytes.subarray(at, at + length));
  if (bytes.length > 12 && view.getUint16(0) === 0xFFD8) {
    for (let at = 2; at + 4 <= bytes.length && bytes[at] === 0xFF && bytes[at + 1] !== 0xDA;) {
      const length = view.getUint16(at + 2);
      if (bytes[at + 1] === 0xE1 && text(at + 4, 6) === 'Exif\0\0') {
        return part(at + 10, length - 8);
      }
      at += 2 + length;
    }
  } else if (bytes.length > 12 && view.getUint32(0) === 0x89504E47) {
    for (let at = 8; at + 12 <= bytes.length; at += 12 + view.getUint32(at)) {
      if (text(at + 4, 4) === 'eXIf') {
        return part(at + 8, view.getUint32(at));
      }
    }
  } else if (text(0, 4) === 'RIFF' && text(8, 4) === 'WEBP') {
    for (let at = 12; at + 8 <= bytes.length;) {
      const length = view.getUint32(at + 4, true);
      if (text(at, 4) === 'EXIF') {
        const prefix = text(at + 8, 6) === 'Exif\0\0' ? 6 : 0;
        return part(at + 8 + prefix, length - prefix);
      }
      at += 8 + length + length % 2;
    }
  }
  return null;
}

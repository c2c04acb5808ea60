/* Pictures of people as RGB of 8 bits, the right way up, as mmdepthcls/apis/picture_file.py reads them. */
import {AreaReduction} from './resize.js';
import {focalOfExif} from './exif.js';

export const MOST_PIXELS = 100e6;  // that a browser is asked to hold, 4 bytes each
const STRIP_PIXELS = 4e6;  // canvases of phones hold no more than 16 million
const KINDS = [
  [/^\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)?(<!DOCTYPE[^>]*>\s*)?<svg/s, 'an SVG drawing'], [/^%PDF/, 'a PDF'],
  [/^....ftyp(heic|heix|mif1|hevc)/s, 'a HEIC photograph, which few browsers read'], [/^(II\*\0|MM\0\*)/, 'a TIFF'],
  [/^PK\x03\x04/, 'a ZIP archive'], [/^....ftyp/s, 'a film'], [/^\s*<(!doctype|html)/i, 'a page of the web'],
  [/^\x89HDF/, 'an HDF5 file'], [/^\x93NUMPY/, 'an array of NumPy'],
];

/* Read a file.
 *
 * file: Blob. name: for messages. limits: max_pixels, more are reduced to; plausible_focal, in sides of the picture.
 * Returns {rgb, height, width, stored: {height, width}, camera}: rgb Uint8Array of height * width * 3; stored: as it is
 * in the file; camera: {focal, words} of its EXIF, in stored pixels, or null. Throws an Error that says what to do. */
export async function readPicture(file, name, limits) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (bytes.length === 0) {
    throw new Error(`${name} is empty. Copy the file again.`);
  }
  const size = storedSize(bytes);
  if (size !== null && size[0] * size[1] > MOST_PIXELS) {
    throw new Error(`${name} has ${size[0]} × ${size[1]} pixels, more than ${MOST_PIXELS / 1e6} million. `
      + 'Make it smaller first.');
  }
  const kind = KINDS.find(([pattern]) => pattern.test(String.fromCharCode(...bytes.subarray(0, 1000))));
  if (isCut(bytes)) {
    throw new Error(`${name} ends too early: it was not copied whole. Copy it again.`);
  }
  let bitmap;
  try {
    bitmap = await createImageBitmap(new Blob([bytes]), {
      imageOrientation: 'from-image', colorSpaceConversion: 'none', premultiplyAlpha: 'none'});
  } catch (error) {
    throw new Error(`${name} cannot be read as a picture: it is ${kind ? kind[1] : 'damaged, or none'}. `
      + 'Take a JPEG, PNG or WebP, or save it as one.', {cause: error});
  }
  const {height, width} = bitmap;
  if (height * width > MOST_PIXELS) {
    bitmap.close();
    throw new Error(`${name} has ${width} × ${height} pixels, more than ${MOST_PIXELS / 1e6} million. `
      + 'Make it smaller first.');
  }
  const picture = rgbOf(bitmap, limits.max_pixels);
  bitmap.close();
  return {...picture, stored: {height, width}, camera: focalOfExif(bytes, height, width, limits.plausible_focal)};
}

/* The middle part of a picture, of all of its width or height, in the shape of the network's input. */
export function middleOf({rgb, height, width, stored, camera}, input) {
  const shape = input.width / input.height;
  const rows = Math.max(Math.min(Math.round(width / shape), height), 1);
  const columns = Math.max(Math.min(Math.round(height * shape), width), 1);
  const top = Math.floor((height - rows) / 2), left = Math.floor((width - columns) / 2);
  const part = new Uint8Array(rows * columns * 3);
  for (let row = 0; row < rows; row++) {
    const begin = ((top + row) * width + left) * 3;
    part.set(rgb.subarray(begin, begin + columns * 3), row * columns * 3);
  }
  return {rgb: part, height: rows, width: columns, camera, stored: {
    height: Math.round(rows * stored.height / height), width: Math.round(columns * stored.width / width)}};
}

/* {rgb, height, width} of a bitmap, with at most so many pixels. */
function rgbOf(bitmap, maxPixels) {
  const {height, width} = bitmap, ratio = Math.sqrt(maxPixels / (height * width));
  const small = ratio >= 1 ? null : {
    height: Math.max(Math.trunc(height * ratio), 1), width: Math.max(Math.trunc(width * ratio), 1)};
  const reduction = small && new AreaReduction(height, width, small.height, small.width);
  const rgb = small ? null : new Uint8Array(height * width * 3);
  const rows = Math.min(Math.max(Math.floor(STRIP_PIXELS / width), 1), height);
  const read = stripReader(bitmap, rows);
  for (let top = 0; top < height; top += rows) {
    const rgba = read(top, Math.min(rows, height - top));
    if (reduction) {
      reduction.add(rgba);
    } else {
      for (let from = 0, to = top * width * 3; from < rgba.length; from += 4, to += 3) {
        rgb[to] = rgba[from];
        rgb[to + 1] = rgba[from + 1];
        rgb[to + 2] = rgba[from + 2];
      }
    }
  }
  return small ? {rgb: reduction.picture(), ...small} : {rgb, height, width};
}

/* A function (top, count) -> RGBA of rows. Transparent pixels have the colors of the file: cv2.imread drops alpha. */
function stripReader(bitmap, rows) {
  const canvas = new OffscreenCanvas(bitmap.width, rows);
  const context = canvas.getContext('2d', {willReadFrequently: true});
  let exact = null;  // only for pictures that have transparent pixels
  return (top, count) => {
    context.clearRect(0, 0, bitmap.width, rows);
    context.drawImage(bitmap, 0, -top);
    const {data} = context.getImageData(0, 0, bitmap.width, count);
    for (let at = 3; at < data.length; at += 4) {
      if (data[at] !== 255) {
        exact = exact || opaqueReader(bitmap);
        return exact(top, count) || data;
      }
    }
    return data;
  };
}

/* As the reader above, by WebGL, which does not multiply colors by alpha; null where there is none, or too large. */
function opaqueReader(bitmap) {
  const gl = new OffscreenCanvas(1, 1).getContext('webgl2');
  if (gl === null || Math.max(bitmap.width, bitmap.height) > gl.getParameter(gl.MAX_TEXTURE_SIZE)) {
    return () => null;
  }
  gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, false);
  gl.pixelStorei(gl.UNPACK_COLORSPACE_CONVERSION_WEBGL, gl.NONE);
  gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, bitmap);
  gl.bindFramebuffer(gl.FRAMEBUFFER, gl.createFramebuffer());
  gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, gl.getParameter(gl.TEXTURE_BINDING_2D),
    0);
  return (top, count) => {
    const rgba = new Uint8Array(bitmap.width * count * 4);
    gl.readPixels(0, top, bitmap.width, count, gl.RGBA, gl.UNSIGNED_BYTE, rgba);
    return gl.getError() === gl.NO_ERROR ? rgba : null;
  };
}

/* [width, height] that a PNG, JPEG, GIF or BMP says before it is decoded; null of others. */
function storedSize(bytes) {
  const view = new DataView(bytes.buffer);
  if (bytes.length >= 24 && view.getUint32(0) === 0x89504E47) {
    return [view.getUint32(16), view.getUint32(20)];
  }
  if (bytes.length >= 10 && view.getUint32(0) === 0x47494638) {
    return [view.getUint16(6, true), view.getUint16(8, true)];
  }
  if (bytes.length >= 26 && view.getUint16(0) === 0x424D && view.getUint32(14, true) >= 40) {
    return [view.getUint32(18, true), Math.abs(view.getInt32(22, true))];
  }
  const frame = jpegMarker(bytes, marker => marker >= 0xC0 && marker <= 0xCF && ![0xC4, 0xC8, 0xCC].includes(marker));
  return frame && frame + 9 <= bytes.length ? [view.getUint16(frame + 7), view.getUint16(frame + 5)] : null;
}

/* Where in a JPEG the first marker is that is wanted, up to the pixels; null where there is none. */
function jpegMarker(bytes, wanted) {
  const view = new DataView(bytes.buffer);
  if (bytes.length < 4 || view.getUint16(0) !== 0xFFD8) {
    return null;
  }
  for (let at = 2; at + 4 <= bytes.length && bytes[at] === 0xFF;) {
    const marker = bytes[at + 1];
    if (wanted(marker)) {
      return at;
    }
    if (marker === 0xDA) {
      return null;
    }
    at += marker === 0xFF ? 1 : 2 + view.getUint16(at + 2);
  }
  return null;
}

/* Whether a JPEG or PNG lacks its end, which browsers fill with gray. */
function isCut(bytes) {
  const view = new DataView(bytes.buffer);
  if (bytes.length >= 8 && view.getUint32(0) === 0x89504E47) {
    for (let at = 8; at + 12 <= bytes.length; at += 12 + view.getUint32(at)) {
      if (view.getUint32(at + 4) === 0x49454E44) {
        return false;
      }
    }
    return true;
  }
  if (bytes.length < 2 || view.getUint16(0) !== 0xFFD8) {
    return false;
  }
  const scan = jpegMarker(bytes, marker => marker === 0xDA);  // before it lies a small picture, which has an end too
  for (let at = bytes.length - 2; scan !== null && at > scan; at--) {  // a film may follow
    if (bytes[at] === 0xFF && bytes[at + 1] === 0xD9) {
      return false;
    }
  }
  return true;
}

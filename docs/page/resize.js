/* Pictures and maps of another size, in the numbers of OpenCV and PyTorch: the page predicts what Python does. */

const BITS = 11, ONE = 1 << BITS;  // of the weights of OpenCV's cv2.resize on 8 bits

/* As OpenCV and NumPy round: halves to even numbers. */
export function roundEven(value) {
  const whole = Math.floor(value), rest = value - whole;
  return rest > 0.5 || rest === 0.5 && whole % 2 !== 0 ? whole + 1 : whole;
}

/* Of each new pixel along one axis: the first of two old pixels, the second, and their weights, which add up to ONE.
 * Beyond the border OpenCV has one column, but the same row twice with two weights, which it rounds each. */
function wholeWeights(from, to, isRows) {
  const first = new Int32Array(to), second = new Int32Array(to), weight = new Int32Array(to), rest = new Int32Array(to);
  for (let index = 0; index < to; index++) {
    const place = Math.fround((index + 0.5) * (from / to) - 0.5);
    const whole = Math.floor(place), inside = whole >= 0 && whole < from - 1;
    const part = inside || isRows ? Math.fround(place - whole) : 0;
    first[index] = Math.min(Math.max(whole, 0), from - 1);
    second[index] = inside || isRows ? Math.min(whole + 1, from - 1) : first[index];
    rest[index] = roundEven(part * ONE);
    weight[index] = roundEven(Math.fround(1 - part) * ONE);
  }
  return {first, second, weight, rest};
}

/* A picture of height x width pixels of RGB, as cv2.resize(picture, size) (INTER_LINEAR, in whole numbers). */
export function resizeLinear(picture, height, width, newHeight, newWidth) {
  if (height === newHeight && width === newWidth) {
    return picture.slice();
  }
  const across = wholeWeights(width, newWidth, false), down = wholeWeights(height, newHeight, true);
  const resized = new Uint8Array(newHeight * newWidth * 3);
  const rows = new Map();  // old row -> its pixels at the new width, of which two are in use
  const wide = row => {
    if (!rows.has(row)) {
      const made = new Int32Array(newWidth * 3);
      for (let column = 0; column < newWidth; column++) {
        const left = (row * width + across.first[column]) * 3, right = (row * width + across.second[column]) * 3;
        for (let channel = 0; channel < 3; channel++) {
          made[3 * column + channel] = picture[left + channel] * across.weight[column]
            + picture[right + channel] * across.rest[column];
        }
      }
      rows.set(row, made);
    }
    return rows.get(row);
  };
  for (let row = 0; row < newHeight; row++) {
    const upper = wide(down.first[row]), lower = wide(down.second[row]);
    for (let at = 0; at < newWidth * 3; at++) {
      const value = ((down.weight[row] * (upper[at] >> 4)) >> 16) + ((down.rest[row] * (lower[at] >> 4)) >> 16);
      resized[row * newWidth * 3 + at] = (value + 2) >> 2;
    }
    for (const known of rows.keys()) {
      if (known < down.first[row]) {
        rows.delete(known);
      }
    }
  }
  return resized;
}

/* Of each new pixel along one axis: [old pixel, weight] of those that it covers, wholly or in part. */
function coveredPixels(from, to) {
  const scale = from / to;
  return Array.from({length: to}, (_, index) => {
    const begin = index * scale, end = begin + scale, cell = Math.min(scale, from - begin);
    const last = Math.min(Math.floor(end), from - 1), first = Math.min(Math.ceil(begin), last);
    const covered = first - begin > 1e-3 ? [[first - 1, Math.fround((first - begin) / cell)]] : [];
    for (let old = first; old < last; old++) {
      covered.push([old, Math.fround(1 / cell)]);
    }
    if (end - last > 1e-3) {
      covered.push([last, Math.fround(Math.min(end - last, 1, cell) / cell)]);
    }
    return covered;
  });
}

/* Makes a picture smaller as cv2.resize(..., interpolation=cv2.INTER_AREA), of rows that come bit by bit. */
export class AreaReduction {
  constructor(height, width, newHeight, newWidth) {
    this.width = width;
    const across = coveredPixels(width, newWidth);
    let end = 0;
    this.ends = Int32Array.from(across, covered => (end += covered.length));
    this.columns = Int32Array.from(across.flat(), ([old]) => 4 * old);
    this.weights = Float32Array.from(across.flat(), ([, weight]) => weight);
    this.takers = Array.from({length: height}, () => []);  // of an old row: [new row, weight]
    coveredPixels(height, newHeight).forEach((covered, row) => {
      covered.forEach(([old, weight]) => this.takers[old].push([row, weight]));
    });
    this.line = new Float32Array(newWidth * 3);
    this.sums = new Float32Array(newHeight * newWidth * 3);
    this.done = 0;
  }

  /* Add rows of RGBA, which follow those that were added before. */
  add(rgba) {
    for (let begin = 0; begin < rgba.length; begin += this.width * 4, this.done++) {
      this.reduceRow(rgba, begin);
      for (const [row, weight] of this.takers[this.done]) {
        addWeighted(this.sums, row * this.line.length, this.line, weight);
      }
    }
  }

  reduceRow(rgba, begin) {
    const {line, ends, columns, weights} = this, {fround} = Math;
    for (let column = 0, part = 0; column < ends.length; column++) {
      let [red, green, blue] = [0, 0, 0];
      for (; part < ends[column]; part++) {  // in single precision, as there
        const at = begin + columns[part], weight = weights[part];
        red = fround(red + fround(rgba[at] * weight));
        green = fround(green + fround(rgba[at + 1] * weight));
        blue = fround(blue + fround(rgba[at + 2] * weight));
      }
      line[3 * column] = red;
      line[3 * column + 1] = green;
      line[3 * column + 2] = blue;
    }
  }

  /* The smaller picture, RGB. */
  picture() {
    return Uint8Array.from(this.sums, roundEven);
  }
}

function addWeighted(sums, start, line, weight) {
  for (let at = 0; at < line.length; at++) {
    sums[start + at] += Math.fround(line[at] * weight);
  }
}

/* A map of height x width numbers at another size, as torch.nn.functional.interpolate(mode='bilinear'). */
export function resizeMap(map, height, width, newHeight, newWidth) {
  const weights = (from, to) => Array.from({length: to}, (_, index) => {
    const place = Math.max((index + 0.5) * (from / to) - 0.5, 0), whole = Math.min(Math.floor(place), from - 1);
    return [whole, Math.min(whole + 1, from - 1), place - whole];
  });
  const across = weights(width, newWidth), down = weights(height, newHeight);
  const left = Int32Array.from(across, each => each[0]), right = Int32Array.from(across, each => each[1]);
  const part = Float64Array.from(across, each => each[2]);
  const resized = new Float32Array(newHeight * newWidth);
  for (let row = 0; row < newHeight; row++) {
    const [above, below, lower] = down[row], upper = 1 - lower;
    for (let column = 0; column < newWidth; column++) {
      const near = 1 - part[column];
      resized[row * newWidth + column] =
        upper * (near * map[above * width + left[column]] + part[column] * map[above * width + right[column]])
        + lower * (near * map[below * width + left[column]] + part[column] * map[below * width + right[column]]);
    }
  }
  return resized;
}

/* Points in space, turned by hand. Drawn pixel by pixel, nearest first, without WebGL. */

const MOST = 150000;  // that are drawn; every n-th row and column of larger pictures
const BACK = 1.15;  // where the eye is, before the point that the cloud turns around, of its depth
const LEAST_DISTANCE = 0.1;  // m, from the eye
const LARGEST_DOT = 12, LONGEST_JOIN = 12;  // pixels, dots
const SAME_SURFACE = 0.12;  // by which the depth of neighbors on one surface may differ
const START = {turn: 0.22, tilt: 0.14, zoom: 1};

export class PointView {
  /* metres: Float32Array of height * width; rgb: likewise, 3 each; focal: pixels; canvas: to draw on. */
  constructor(canvas, metres, rgb, height, width, focal) {
    this.canvas = canvas;
    this.view = {...START};
    const step = Math.ceil(Math.sqrt(height * width / MOST));
    const rows = Math.ceil(height / step), columns = this.columns = Math.ceil(width / step);
    this.points = new Float32Array(3 * rows * columns);
    this.colors = new Uint32Array(rows * columns);
    this.gap = 1.2 * step / focal;  // between neighbors, for a metre of depth; a little more, so that surfaces close
    const color = new DataView(this.colors.buffer), depths = [];
    for (let row = 0, point = 0; row < height; row += step) {
      for (let column = 0; column < width; column += step, point++) {
        const pixel = row * width + column, depth = metres[pixel];
        this.points.set([(column - (width - 1) / 2) * depth / focal, (row - (height - 1) / 2) * depth / focal, depth],
          3 * point);
        [0, 1, 2].forEach(channel => color.setUint8(4 * point + channel, rgb[3 * pixel + channel]));
        color.setUint8(4 * point + 3, 255);
        depths.push(depth);
      }
    }
    depths.sort((one, other) => one - other);
    this.pivot = depths[Math.floor(depths.length / 2)];  // what the cloud turns around: half of it is nearer
    this.lens = focal / width;
  }

  turn(across, down) {
    this.view.turn += across;
    this.view.tilt = Math.min(Math.max(this.view.tilt + down, -1.4), 1.4);
    this.draw();
  }

  zoom(factor) {
    this.view.zoom = Math.min(Math.max(this.view.zoom * factor, 0.2), 8);
    this.draw();
  }

  reset() {
    this.view = {...START};
    this.draw();
  }

  draw() {
    const {width, height} = this.canvas, image = new ImageData(width, height);
    const pixels = new Uint32Array(image.data.buffer), nearest = new Float32Array(width * height).fill(Infinity);
    pixels.fill(new Uint32Array(Uint8Array.of(20, 19, 25, 255).buffer)[0]);
    const seen = this.project(), {points, columns} = this;
    const dot = (left, top, far, size, color) => {
      const right = Math.min(left + size, width), bottom = Math.min(top + size, height);
      for (let row = Math.max(top, 0); row < bottom; row++) {
        for (let column = Math.max(left, 0); column < right; column++) {
          if (far < nearest[row * width + column]) {
            nearest[row * width + column] = far;
            pixels[row * width + column] = color;
          }
        }
      }
    };
    for (let point = 0; point < this.colors.length; point++) {
      const [left, top, far] = seen.subarray(3 * point, 3 * point + 3), depth = points[3 * point + 2];
      if (far < LEAST_DISTANCE) {
        continue;
      }
      const size = Math.min(Math.max(Math.ceil(this.lens * width * this.view.zoom * this.gap * depth / far), 1),
        LARGEST_DOT);
      // To the point below: what lies flat, such as a road, would show gaps.
      const below = point + columns, other = seen[3 * below + 2];
      const joined = other >= LEAST_DISTANCE && Math.abs(points[3 * below + 2] / depth - 1) < SAME_SURFACE;
      const across = joined ? seen[3 * below] - left : 0, down = joined ? seen[3 * below + 1] - top : 0;
      const steps = Math.min(Math.max(Math.ceil(Math.max(Math.abs(across), Math.abs(down)) / size), 1), LONGEST_JOIN);
      for (let step = 0; step < steps; step++) {
        const part = step / steps;
        dot(Math.round(left + part * across), Math.round(top + part * down), joined ? far + part * (other - far) : far,
          size, this.colors[point]);
      }
    }
    this.canvas.getContext('2d').putImageData(image, 0, 0);
  }

  /* Of each point: column and row on the canvas, and metres from the eye. */
  project() {
    const {width, height} = this.canvas, {turn, tilt, zoom} = this.view, {pivot, points} = this;
    const [sin, cos, up, level] = [Math.sin(turn), Math.cos(turn), Math.sin(tilt), Math.cos(tilt)];
    const lens = this.lens * width * zoom, seen = new Float32Array(points.length);
    for (let at = 0; at < points.length; at += 3) {
      const x = points[at], y = points[at + 1], z = points[at + 2] - pivot;
      const away = cos * z - sin * x, far = level * away + up * y + pivot * BACK;
      seen[at] = width / 2 + lens * (cos * x + sin * z) / far;
      seen[at + 1] = height / 2 + lens * (level * y - up * away) / far;
      seen[at + 2] = far;
    }
    return seen;
  }
}

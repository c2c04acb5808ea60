/* Points in space, turned by hand. Drawn pixel by pixel, nearest first, without WebGL. */

const MOST = 150000;  // that are drawn; every n-th row and column of larger pictures
const LARGEST_DOT = 12;  // pixels
const START = {turn: 0.35, tilt: 0.22, zoom: 1};

export class PointView {
  /* metres: Float32Array of height * width; rgb: likewise, 3 each; focal: pixels; canvas: to draw on. */
  constructor(canvas, metres, rgb, height, width, focal) {
    this.canvas = canvas;
    this.view = {...START};
    const step = Math.ceil(Math.sqrt(height * width / MOST));
    const rows = Math.ceil(height / step), columns = Math.ceil(width / step);
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
    const {width, height} = this.canvas, {turn, tilt, zoom} = this.view, {pivot, gap} = this;
    const image = new ImageData(width, height), pixels = new Uint32Array(image.data.buffer);
    pixels.fill(new Uint32Array(Uint8Array.of(20, 19, 25, 255).buffer)[0]);
    const nearest = new Float32Array(width * height).fill(Infinity);
    const [sin, cos, up, level] = [Math.sin(turn), Math.cos(turn), Math.sin(tilt), Math.cos(tilt)];
    const lens = this.lens * width * zoom, back = pivot * 1.15;
    for (let point = 0; point < this.colors.length; point++) {
      const x = this.points[3 * point], y = this.points[3 * point + 1], z = this.points[3 * point + 2] - pivot;
      const right = cos * x + sin * z, away = cos * z - sin * x;
      const far = level * away + up * y + back, down = level * y - up * away;
      if (far < 0.1) {
        continue;
      }
      const dot = Math.min(Math.max(Math.ceil(lens * gap * this.points[3 * point + 2] / far), 1), LARGEST_DOT);
      const left = Math.round(width / 2 + lens * right / far), top = Math.round(height / 2 + lens * down / far);
      for (let row = Math.max(top, 0); row < Math.min(top + dot, height); row++) {
        for (let column = Math.max(left, 0); column < Math.min(left + dot, width); column++) {
          if (far < nearest[row * width + column]) {
            nearest[row * width + column] = far;
            pixels[row * width + column] = this.colors[point];
          }
        }
      }
    }
    this.canvas.getContext('2d').putImageData(image, 0, 0);
  }
}

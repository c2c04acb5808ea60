/* What is known of a picture, shown: two canvases with one pointer, numbers under it, files. */
import {GRAYS, paint, positionOf} from './colors.js';
import {assumedFocal, focalFactor, focalProblem} from './camera.js';
import {depthArray, depthPng, pointFile} from './files.js';
import {fits, notesOf} from './notes.js';
import {PointView} from './points.js';

const element = id => document.getElementById(id);
const HOW = {
  pointer: 'Point or tap at a pixel; with the keyboard, go to the depth and take the arrow keys (Shift: larger steps).',
  points: 'Drag to turn; the wheel, or + and −, zoom. The arrow keys turn too, Home goes back.',
};
const ARROWS = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};
const LABEL_WIDTH = 32;  // px, of a tick of the legend
const LEAST_SIDE = 6;  // of a canvas on the screen, for pictures of one row or column

export class ResultView {
  /* about: of the build. cut: is called to predict the middle part of the same picture. */
  constructor(about, cut) {
    this.about = about;
    this.result = null;
    for (const canvas of [element('picture'), element('map')]) {
      canvas.addEventListener('pointermove', event => this.onPointer(event));
      canvas.addEventListener('pointerdown', event => this.onPointer(event));
      canvas.addEventListener('click', () => this.speak());
    }
    element('map').addEventListener('wheel', event => this.onWheel(event), {passive: false});
    element('read').addEventListener('keydown', event => this.onKey(event));
    element('views').addEventListener('change', () => this.draw());
    element('focal').addEventListener('input', () => this.onFocal());
    element('save-png').addEventListener('click', () => this.savePng());
    element('save-npy').addEventListener('click', () => this.save('_depth.npy', this.array()));
    element('save-ply').addEventListener('click', () => this.save('_points.ply', this.cloud()));
    element('cut').addEventListener('click', cut);
    addEventListener('resize', () => this.result && (this.chosen === 'points' ? this.draw() : this.fit()));
    const percent = Math.round(about.coverage * 100);
    element('interval-words').textContent = `${percent} % interval`;
  }

  /* Show a result of the worker; name: of the picture; truth: Uint16Array of metres * about.map_units, or null. */
  show(result, name, truth) {
    this.result = result;
    this.truth = truth;
    this.stem = name.replace(/\.[^.]*$/, '') || 'picture';
    this.cloudView = null;
    const {height, width, rgb, stored} = result;
    this.at = {row: Math.floor(height * 0.6), column: Math.floor(width / 2)};
    for (const canvas of [element('picture'), element('map')]) {
      Object.assign(canvas, {height, width});
    }
    const image = new ImageData(width, height);
    for (let pixel = 0; pixel < height * width; pixel++) {
      image.data.set([rgb[3 * pixel], rgb[3 * pixel + 1], rgb[3 * pixel + 2], 255], 4 * pixel);
    }
    element('picture').getContext('2d').putImageData(image, 0, 0);
    const given = result.camera ? Math.round(result.camera.focal * 10) / 10 : '';
    element('focal').value = given;
    element('focal').placeholder = `unknown (taken for ${assumedFocal(stored, this.about).toFixed(0)})`;
    element('truth-part').hidden = truth === null;
    element('saved').textContent = '';
    element('stage').classList.toggle('tall', width < 2 * height);
    element('result').hidden = false;
    this.fit();
    this.onFocal();
  }

  /* Metres of every pixel, for the camera that is known. */
  metres() {
    return this.factor === 1 ? this.result.maps.depth : this.result.maps.depth.map(value => value * this.factor);
  }

  get chosen() {
    return document.querySelector('input[name=view]:checked').value;
  }

  /* The focal length of the picture as it is shown, which may be smaller than as it is stored. */
  get focal() {
    const {stored, height, width} = this.result;
    const focal = this.stored_focal === null ? assumedFocal(stored, this.about) : this.stored_focal;
    return focal * Math.sqrt(height / stored.height * width / stored.width);
  }

  onFocal() {
    const {stored, camera} = this.result, field = element('focal'), typed = field.value.trim();
    const focal = typed === '' && !field.validity.badInput ? null : Number(field.value);
    const problem = focal === null ? null : field.validity.badInput ? 'Expected a number.'
      : focalProblem(focal, stored, this.about.plausible_focal);
    field.setAttribute('aria-invalid', problem !== null);
    const taken = problem ? null : focal;
    const own = camera !== null && taken !== null && Math.abs(taken - camera.focal) < 0.06;
    this.stored_focal = own ? camera.focal : taken;
    this.factor = focalFactor(this.stored_focal, stored, this.about);
    element('focal-words').textContent = problem ? `${problem} It is taken to be unknown.`
      : taken === null ? 'Unknown: metres are those of the camera that the model was trained for.'
        : `${own ? `${camera.words}. ` : ''}Metres are multiplied by ${this.factor.toFixed(3)}.`;
    this.cloudView = null;
    this.note();
    this.draw();
  }

  note() {
    const notes = notesOf(this.result, this.metres(), this.about);
    element('cut').hidden = fits(this.result.stored);
    element('notes').replaceChildren(...notes.map(({words, warns}) => {
      const item = document.createElement('li');
      item.textContent = words;
      item.className = warns ? 'warning' : '';
      return item;
    }));
  }

  /* Give the canvases a size on the screen. */
  fit() {
    const {height, width} = this.result;
    const room = element('stage').firstElementChild.clientWidth;
    const scale = Math.min(room / width, Math.max(innerHeight * 0.62, 240) / height);
    for (const canvas of [element('picture'), element('map')]) {
      canvas.style.width = `${Math.max(width * scale, LEAST_SIDE)}px`;
      canvas.style.height = `${Math.max(height * scale, LEAST_SIDE)}px`;
    }
    this.mark();
  }

  draw() {
    const {maps, height, width, rgb} = this.result, {colors} = this.about, {chosen} = this, canvas = element('map');
    const inSpace = chosen === 'points';
    element('read').classList.toggle('points', inSpace);
    element('read').setAttribute('aria-label', inSpace ? 'Points in space. Arrow keys turn them.'
      : `${chosen === 'depth' ? 'Depth' : 'Confidence'} in colors. Arrow keys move the pointer.`);
    this.fit();
    element('how').textContent = inSpace ? HOW.points : chosen === 'depth' ? HOW.pointer
      : `Confidence: how probable the most probable of ${this.about.num_bins} bins of depth is. ${HOW.pointer}`;
    if (inSpace) {
      // Tiny pictures need room to turn in.
      const side = Math.max(width, 480);
      Object.assign(canvas, {width: side, height: Math.round(Math.max(side * height / width, side / 2.4))});
      this.cloudView = this.cloudView || new PointView(canvas, this.metres(), rgb, height, width, this.focal);
      this.cloudView.draw();
      canvas.style.height = `${canvas.height * Math.max(parseFloat(canvas.style.width), LEAST_SIDE) / canvas.width}px`;
    } else {
      Object.assign(canvas, {width, height});
      const image = chosen === 'depth'
        ? paint(maps.depth, height, width, colors.table, value => positionOf(value * this.factor, colors))
        : paint(maps.confidence, height, width, GRAYS, value => value);
      canvas.getContext('2d').putImageData(image, 0, 0);
    }
    this.drawLegend(chosen);
    this.mark();
  }

  drawLegend(chosen) {
    element('legend').hidden = chosen === 'points';
    const {colors} = this.about, ofDepth = chosen === 'depth';
    const table = ofDepth ? colors.table : GRAYS;
    const strip = paint(Float32Array.from(table, (_, index) => (index + 0.5) / table.length), 1, table.length, table,
      value => value);
    element('bar').getContext('2d').putImageData(strip, 0, 0);
    const ticks = ofDepth ? colors.ticks.map(tick => [positionOf(tick, colors), `${tick} m`])
      : [0, 0.25, 0.5, 0.75, 1].map(tick => [tick, `${100 * tick} %`]);
    const room = LABEL_WIDTH / Math.max(element('legend').clientWidth, 1);
    const shown = ticks.filter(([place], index) => index === 0 || index === ticks.length - 1 || place < 1 - 1.6 * room
      && place - ticks[index - 1][0] > room);
    element('ticks').replaceChildren(...shown.map(([place, words]) => {
      const tick = document.createElement('span');
      tick.textContent = words;
      tick.style.left = `${100 * place}%`;
      return tick;
    }));
  }

  onPointer(event) {
    if (this.result === null) {
      return;
    }
    const canvas = event.currentTarget;
    if (canvas.id === 'map' && this.chosen === 'points') {
      if (event.type === 'pointerdown') {
        canvas.setPointerCapture(event.pointerId);
      } else if (event.buttons) {
        this.cloudView.turn(event.movementX * 0.006, event.movementY * 0.006);
      }
      return;
    }
    const box = canvas.getBoundingClientRect(), {height, width} = this.result;
    const place = (part, whole, count) => Math.min(Math.max(Math.floor(part / whole * count), 0), count - 1);
    this.at = {row: place(event.clientY - box.top, box.height, height),
      column: place(event.clientX - box.left, box.width, width)};
    this.mark();
  }

  onWheel(event) {
    if (this.chosen === 'points') {
      event.preventDefault();
      this.cloudView.zoom(Math.exp(-event.deltaY * 0.0015));
    }
  }

  onKey(event) {
    const [right, down] = ARROWS[event.key] || [0, 0];
    if (this.chosen === 'points') {
      if (right || down) {
        this.cloudView.turn(0.08 * right, 0.08 * down);
      } else if (event.key === 'Home') {
        this.cloudView.reset();
      } else if ('+-'.includes(event.key)) {
        this.cloudView.zoom(event.key === '+' ? 1.15 : 1 / 1.15);
      } else {
        return;
      }
    } else if (right || down) {
      const {height, width} = this.result, step = event.shiftKey ? Math.max(Math.round(width / 20), 1) : 1;
      this.at = {row: Math.min(Math.max(this.at.row + step * down, 0), height - 1),
        column: Math.min(Math.max(this.at.column + step * right, 0), width - 1)};
      this.mark();
      this.speak();
    } else {
      return;
    }
    event.preventDefault();
  }

  /* Numbers at the pointer: metres, interval and true depth in m, confidence 0..1. */
  reading() {
    const {maps, width} = this.result, pixel = this.at.row * width + this.at.column;
    const [depth, low, high] = [maps.depth, maps.low, maps.high].map(map => map[pixel] * this.factor);
    const truth = this.truth === null ? null : this.truth[pixel] / this.about.map_units;
    return {depth, low, high, confidence: maps.confidence[pixel], truth};
  }

  mark() {
    const {height, width} = this.result, {row, column} = this.at;
    const {depth, low, high, confidence, truth} = this.reading();
    document.querySelectorAll('.cross').forEach(cross => {
      cross.hidden = this.chosen === 'points' && cross.parentElement.id === 'read';
      cross.style.left = `${(column + 0.5) / width * 100}%`;
      cross.style.top = `${(row + 0.5) / height * 100}%`;
      cross.classList.toggle('left', column > 0.7 * width);
    });
    element('tag').textContent = `${depth.toFixed(1)} m`;
    element('metres').textContent = `${depth.toFixed(2)} m`;
    element('interval').textContent = `${low.toFixed(1)} to ${high.toFixed(1)} m`;
    element('confidence').textContent = `${(100 * confidence).toFixed(0)} %`;
    element('truth').textContent = truth === null ? '' : truth === 0 ? 'none (sky)' : `${truth.toFixed(2)} m`;
    Object.assign(element('read').dataset, {row, column, depth, low, high, confidence, factor: this.factor});
  }

  /* Tell those who cannot see it. */
  speak() {
    const {depth, low, high, confidence} = this.reading();
    element('spoken').textContent = `Row ${this.at.row}, column ${this.at.column}: ${depth.toFixed(1)} metres, `
      + `${low.toFixed(1)} to ${high.toFixed(1)}; confidence ${(100 * confidence).toFixed(0)} percent`;
  }

  array() {
    return depthArray(this.metres(), this.result.height, this.result.width);
  }

  cloud() {
    const {rgb, height, width} = this.result;
    return pointFile(this.metres(), rgb, height, width, this.focal);
  }

  async savePng() {
    const {height, width} = this.result;
    this.save('_depth.png', await depthPng(this.metres(), height, width, this.about.map_units));
  }

  save(ending, blob) {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(blob);
    link.download = `${this.stem}${ending}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    element('saved').textContent = `${link.download}: ${(blob.size / 1e6).toFixed(1)} MB, ${{
      '_depth.png': `metres × ${this.about.map_units} in 16 bits, 0: none`,
      '_depth.npy': 'metres, float32', '_points.ply': 'metres; x right, y down, z along the view'}[ending]}`;
  }
}

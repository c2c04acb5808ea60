/* Everything that takes time, beside the page: loading, reading pictures, predicting.
 *
 * Is sent {number, about, file, name, cut: whether only the wide middle part counts}; sends {number, kind, ...}: 'loading' {bytes, total}, 'working' {words}, 'result',
 * 'failed' {words}. Of several tasks the last one counts, and is the only one that is answered. */
import * as ort from './ort.mjs';
import {fetchPacked} from './packed.js';
import {PictureError, middleOf, readPicture} from './picture.js';
import {resizeLinear, resizeMap} from './resize.js';

let latest = 0;  // the number of the task that counts
let waiting = null;  // the task that is next
let loading = null;  // of the session; kept, so that a second picture needs no other
let busy = false;

self.onmessage = ({data}) => {
  latest = data.number;
  waiting = data;
  if (!busy) {
    work();
  }
};

async function work() {
  busy = true;
  while (waiting !== null) {
    const task = waiting;
    waiting = null;
    const say = (kind, content, transfer = []) => {
      if (task.number === latest) {
        self.postMessage({number: task.number, kind, ...content}, transfer);
      }
    };
    try {
      const result = await predict(task, say);
      say('result', result, [result.rgb.buffer, ...Object.values(result.maps).map(map => map.buffer)]);
    } catch (error) {
      say('failed', {words: error instanceof PictureError ? error.message : `${error.message || error}`,
        yours: error instanceof PictureError});
    }
  }
  busy = false;
}

async function predict(task, say) {
  const {about} = task;
  say('working', {words: 'Reading the picture'});
  let picture = await readPicture(task.file, task.name, about);  // before the model: it may be none
  if (task.cut) {
    picture = middleOf(picture, about.input);
  }
  loading = loading || load(about);
  heard = bytes => say('loading', {bytes, total: totalOf(about)});
  let session;
  try {
    session = await loading;
  } catch (error) {
    loading = null;  // the next try loads again
    throw error;
  }
  say('working', {words: 'Predicting'});
  await new Promise(done => setTimeout(done));  // a picture that came meanwhile is told now
  if (task.number !== latest) {
    return {rgb: picture.rgb, maps: {}};
  }
  const {height, width} = about.input, begin = performance.now();
  const input = resizeLinear(picture.rgb, picture.height, picture.width, height, width);
  const output = await session.run({image: new ort.Tensor('uint8', input, [1, height, width, 3])});
  const seconds = (performance.now() - begin) / 1000;
  const full = map => resizeMap(map, height, width, picture.height, picture.width);
  const [low, high] = [0, 1].map(end => output.interval.data.subarray(end * height * width, (end + 1) * height * width));
  const maps = {depth: full(output.depth.data), confidence: full(output.confidence.data), low: full(low),
    high: full(high)};
  Object.values(output).forEach(each => each.dispose());
  return {...picture, maps, seconds};
}

let heard = () => {};  // who is told of the loading: the task that waits for it
let bytes = 0;

function totalOf(about) {
  return about.bytes['ort.wasm.packed'] + about.bytes[`${about.model}.packed`];
}

/* An inference session of the model. */
async function load(about) {
  bytes = 0;
  const count = more => {
    bytes += more;
    heard(bytes);
  };
  const [wasm, model] = await Promise.all(['ort.wasm', about.model].map(
    name => fetchPacked(new URL(`${name}.packed`, import.meta.url), count)));
  try {
    await WebAssembly.compile(Uint8Array.of(0, 0x61, 0x73, 0x6D, 1, 0, 0, 0));
  } catch (error) {
    throw new Error('This browser, or a rule of this site, does not let WebAssembly run, which the model needs. '
      + 'Try another browser; a site must allow \'wasm-unsafe-eval\'.', {cause: error});
  }
  ort.env.wasm.numThreads = 1;  // several need headers that a static server does not send
  ort.env.wasm.wasmBinary = wasm;
  return ort.InferenceSession.create(model, {executionProviders: ['wasm'], graphOptimizationLevel: 'all'});
}

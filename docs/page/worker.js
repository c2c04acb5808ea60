/* Everything that takes time, beside the page: loading, reading pictures, predicting.
 *
 * Is sent {number, about, file, name, cut: whether only the wide middle part counts}. Sends {number, kind, ...}:
 * 'loading' {bytes, total}, 'working' {words}, 'result' {rgb, height, width, stored, camera, maps, seconds}, 'failed'
 * {words}. Of several tasks the last one counts, and is the only one that is answered. */
import * as ort from './ort.mjs';
import {fetchPacked} from './packed.js';
import {middleOf, readPicture} from './picture.js';
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
      if (result !== null) {
        say('result', result, [result.rgb.buffer, ...Object.values(result.maps).map(map => map.buffer)]);
      }
    } catch (error) {
      say('failed', {words: error.message || `${error}`});
    }
  }
  busy = false;
}

/* What is known of the picture of a task; null if another one has come meanwhile. Throws an Error that says it all. */
async function predict(task, say) {
  const {about} = task;
  say('working', {words: 'Reading the picture'});
  let picture = await readPicture(task.file, task.name, about);  // before the model: it may be none
  if (task.cut) {
    picture = middleOf(picture, about.input);
  }
  loading = loading || load(about);
  let session;
  try {
    session = await loading;
  } catch (error) {
    loading = null;  // the next try loads again
    throw error;
  }
  say('working', {words: 'Predicting'});
  await new Promise(done => setTimeout(done));  // a picture that came meanwhile is told now
  return task.number === latest ? {...picture, ...await run(session, picture, about.input)} : null;
}

/* {maps, seconds}: depth, low and high end of its interval (m) and confidence, Float32Array of the picture's pixels. */
async function run(session, picture, {height, width}) {
  const begin = performance.now();
  const input = resizeLinear(picture.rgb, picture.height, picture.width, height, width);
  const output = await runtime(() => session.run({image: new ort.Tensor('uint8', input, [1, height, width, 3])}));
  const seconds = (performance.now() - begin) / 1000;
  const size = height * width, ends = output.interval.data;
  const small = {depth: output.depth.data, confidence: output.confidence.data, low: ends.subarray(0, size),
    high: ends.subarray(size)};
  const maps = Object.fromEntries(Object.entries(small).map(
    ([name, map]) => [name, resizeMap(map, height, width, picture.height, picture.width)]));
  Object.values(output).forEach(each => each.dispose());
  return {maps, seconds};
}

/* An inference session of the model. */
async function load(about) {
  const names = ['ort.wasm', about.model].map(name => `${name}.packed`);
  const total = names.reduce((sum, name) => sum + about.bytes[name], 0);
  let bytes = 0;
  const others = new AbortController();  // what is half here would keep a second try waiting
  const fetchOne = name => fetchPacked(new URL(name, import.meta.url), more => {
    bytes += more;
    self.postMessage({number: latest, kind: 'loading', bytes, total});
  }, others.signal);
  const [wasm, model] = await Promise.all(names.map(fetchOne)).catch(error => {
    others.abort();
    throw error;
  });
  try {
    await WebAssembly.compile(Uint8Array.of(0, 0x61, 0x73, 0x6D, 1, 0, 0, 0));
  } catch (error) {
    throw new Error('This browser, or a rule of this site, does not let WebAssembly run, which the model needs. '
      + 'Try another browser; a site must allow \'wasm-unsafe-eval\'.', {cause: error});
  }
  ort.env.wasm.numThreads = 1;  // several need headers that a static server does not send
  ort.env.wasm.wasmBinary = wasm;
  return runtime(() => ort.InferenceSession.create(model, {executionProviders: ['wasm']}));
}

/* What ONNX Runtime does, with a message of ours where it fails. */
async function runtime(act) {
  try {
    return await act();
  } catch (error) {
    throw new Error(`ONNX Runtime failed: ${`${error.message || error}`.split('\n')[0]}. Is there enough memory? `
      + 'Load the page again.', {cause: error});
  }
}

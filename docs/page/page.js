/* The page: takes pictures, sends them to the worker, shows what comes back. */
import {fetchPacked} from './packed.js';
import {ResultView} from './result.js';

const element = id => document.getElementById(id);
let number = 0;  // of the last task
let task = null;  // {file, name, truth}, the last

function say(words, share = null) {
  element('state').hidden = words === null;
  element('result').setAttribute('aria-busy', words !== null);
  element('state-words').textContent = words || '';
  if (share === null) {
    element('progress').removeAttribute('value');
  } else {
    element('progress').value = share;
  }
}

function fail(words) {
  say(null);
  element('result').hidden = true;  // of an earlier picture
  element('error').textContent = words;
  element('error').hidden = false;
  element('error').scrollIntoView({block: 'nearest'});
}

const inMegabytes = bytes => (bytes / 1e6).toFixed(1);

function start(about) {
  const view = new ResultView(about, () => predict(task.file, task.name, null, true));
  let worker = null;

  function hear({data}) {
    if (data.number !== number) {
      return;
    }
    if (data.kind === 'loading') {
      say(`Loading the model and what runs it, once: ${inMegabytes(data.bytes)} of ${inMegabytes(data.total)} MB`,
        data.bytes / data.total);
    } else if (data.kind === 'working') {
      say(`${data.words} …`);
    } else if (data.kind === 'failed') {
      fail(data.words);
    } else {
      say(null);
      view.show(data, task.name, task.truth);
      element('result').scrollIntoView({block: 'nearest'});
    }
  }

  function predict(file, name, truth = null, cut = false) {
    if (worker === null) {
      worker = new Worker(new URL('worker.js', import.meta.url), {type: 'module'});
      worker.onmessage = hear;
      worker.onerror = event => {
        worker.terminate();
        worker = null;
        fail(`The program of this page stopped: ${event.message || 'it could not be loaded'}. Load the page again.`);
      };
    }
    number += 1;
    task = {file, name, truth};
    element('error').hidden = true;
    say('Reading the picture …');
    worker.postMessage({number, about, file, name, cut});
  }

  function take(files) {
    press(null);
    if (files.length === 0) {
      fail('What was given is no file. Save the picture, then choose it.');
    } else if (files.length > 1) {
      fail(`${files.length} files were given. Give one picture at a time.`);
    } else {
      predict(files[0], files[0].name || 'The picture');
    }
  }

  async function takeExample(example, button) {
    press(button);
    number += 1;  // what is on its way does not count any more
    const mine = number;
    element('error').hidden = true;
    say('Loading the street …');
    try {
      const [answer, truth] = await Promise.all([fetch(example.picture), fetchPacked(example.truth)]);
      if (!answer.ok) {
        throw new Error(`${example.picture} did not come: the server answers ${answer.status}.`);
      }
      const file = await answer.blob();
      if (mine === number) {
        predict(file, example.picture, new Uint16Array(truth.buffer));
      }
    } catch (error) {
      if (mine === number) {
        fail(`${error.message}`);
      }
    }
  }

  function press(button) {
    document.querySelectorAll('#examples button').forEach(each => each.setAttribute('aria-pressed', each === button));
  }

  element('examples').replaceChildren(...about.examples.map(example => {
    const button = document.createElement('button'), image = document.createElement('img');
    const words = document.createElement('span');
    Object.assign(image, {src: example.thumbnail, alt: '', width: example.width, height: example.height});
    words.textContent = example.words;
    Object.assign(button, {type: 'button'});
    button.append(image, words);
    button.addEventListener('click', () => takeExample(example, button));
    return button;
  }));
  press(null);
  element('file').addEventListener('change', event => {
    const files = [...event.target.files];
    event.target.value = '';  // the same file may be chosen again
    if (files.length) {
      take(files);
    }
  });
  let inside = 0;  // elements that a drag has entered and not left
  const dropping = begins => document.body.classList.toggle('dropping', begins);
  addEventListener('dragenter', () => dropping(++inside > 0));
  addEventListener('dragleave', () => dropping(--inside > 0));
  addEventListener('dragover', event => event.preventDefault());
  addEventListener('drop', event => {
    event.preventDefault();
    inside = 0;
    dropping(false);
    take([...event.dataTransfer.files]);
  });
  addEventListener('paste', event => {
    if (event.clipboardData.files.length) {
      take([...event.clipboardData.files]);
    }
  });
  const total = Object.entries(about.bytes).filter(([name]) => !name.includes('truth')).reduce(
    (sum, [, bytes]) => sum + bytes, 0);
  element('about').prepend(`mmdepthcls ${about.version}, ONNX Runtime ${about.runtime}. The first picture loads `
    + `${inMegabytes(total)} MB, others nothing. `);
  element('choose').hidden = false;
}

async function begin() {
  if (location.protocol === 'file:' || !element('old-words').hidden) {
    return;
  }
  try {
    const answer = await fetch('about.json');
    if (!answer.ok) {
      throw new Error(`the server answers ${answer.status}`);
    }
    start(await answer.json());
  } catch (error) {
    fail(`The page is not whole: about.json (${error.message}). Build it with docs/page/build.py.`);
  }
}

begin();

/* What a person must know of a picture, beside its metres. */
import {beyondPng} from './files.js';

const SHAPES = [2, 5];  // width / height of the pictures for which a network of 416 x 128 is of use

/* Whether a picture has about the shape that the network sees. */
export function fits({height, width}) {
  return width >= SHAPES[0] * height && width <= SHAPES[1] * height;
}

/* [{words, warns}] of a result of the worker; metres: as they are shown. */
export function notesOf({height, width, stored, seconds}, metres, {input, map_units: units}) {
  const notes = [];
  if (!fits(stored)) {
    notes.push({warns: true, words: `The network sees every picture as ${input.width} × ${input.height} pixels. This `
      + 'one is of another shape and is squeezed: trust neither its metres nor their intervals. A wide part of it does '
      + 'better.'});
  }
  if (stored.width !== width || stored.height !== height) {
    notes.push({warns: false, words: `A large picture: ${stored.width} × ${stored.height} pixels were reduced to `
      + `${width} × ${height}, which the files have too.`});
  }
  const beyond = beyondPng(metres, units);
  if (beyond) {
    notes.push({warns: false, words: `${beyond} pixels are farther than the ${Math.floor(65535 / units)} m that a PNG `
      + 'of 16 bits can hold, and are 0 there. The NumPy array has them.'});
  }
  const time = seconds < 0.995 ? seconds.toFixed(2) : seconds.toFixed(1);
  notes.push({warns: false, words: `${width} × ${height} pixels, predicted in ${time} s by one thread of this `
    + 'browser.'});
  return notes;
}

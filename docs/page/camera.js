/* Focal lengths and metres, by the law of mmdepthcls/camera.py. */

/* By what the model's metres are multiplied for a focal length in pixels of the stored picture; null: unknown, 1. */
export function focalFactor(focal, stored, about) {
  return focal === null ? 1 : focal / assumedFocal(stored, about);
}

/* The focal length, in pixels of the stored picture, that the model takes it to be of. */
export function assumedFocal(stored, {input, trained_focal_px: trained}) {
  return trained / Math.sqrt(input.width / stored.width * input.height / stored.height);
}

/* Why a focal length cannot be one of a picture, in words; null: it can. */
export function focalProblem(focal, stored, [least, most]) {
  const side = Math.max(stored.height, stored.width);
  if (focal >= least * side && focal <= most * side) {
    return null;
  }
  return `This cannot be the focal length of a picture of ${stored.width} × ${stored.height} pixels. It is counted in `
    + 'pixels of the picture, not in mm.';
}

// The middle square of an image, scaled as helpers/data/photo.py does: Pillow's Lanczos filter, rows before columns,
// each pass rounded to whole numbers from 0 to 255. So a number differs by 1 at most; of images smaller than the result,
// some differ more, because newer versions of Pillow take the columns of some of them first.

const REACH = 3;  // of the filter, in pixels of the smaller image

function lanczos(x) {
  if (x === 0) return 1;
  if (Math.abs(x) >= REACH) return 0;
  const turned = Math.PI * x;
  return Math.sin(turned) / turned * Math.sin(turned / REACH) / (turned / REACH);
}

// For each pixel of the result: the first pixel that counts, and the weights from there on.
function weights(length, begin, end, side) {
  const scale = (end - begin) / side, wide = Math.max(scale, 1);
  return Array.from({ length: side }, (_, index) => {
    const middle = begin + (index + 0.5) * scale;
    const first = Math.max(Math.trunc(middle - REACH * wide + 0.5), 0);
    const last = Math.min(Math.trunc(middle + REACH * wide + 0.5), length);
    const found = Float64Array.from({ length: last - first }, (_, x) => lanczos((first + x - middle + 0.5) / wide));
    const sum = found.reduce((total, weight) => total + weight, 0);
    return { first, weights: found.map((weight) => weight / sum) };
  });
}

// One pass: from lines of pixels, three or four numbers each, to `side` of them; step is to the next pixel of a line.
function pass(pixels, lines, line, step, chosen) {
  const made = new Uint8ClampedArray(lines * chosen.length * 3);
  for (let number = 0, out = 0; number < lines; number++) {
    for (const { first, weights } of chosen) {
      let red = 0, green = 0, blue = 0, at = number * line + first * step;
      for (const weight of weights) {
        red += weight * pixels[at];
        green += weight * pixels[at + 1];
        blue += weight * pixels[at + 2];
        at += step;
      }
      made[out++] = Math.floor(red + 0.5);
      made[out++] = Math.floor(green + 0.5);
      made[out++] = Math.floor(blue + 0.5);
    }
  }
  return made;
}

// From the numbers of a canvas (RGBA) to side × side × 3.
export function middleSquare(pixels, width, height, side) {
  const length = Math.min(width, height), left = (width - length) / 2, top = (height - length) / 2;
  const rows = pass(pixels, height, 4 * width, 4, weights(width, left, left + length, side));
  // Its lines are columns now: each begins one pixel further, and goes on one row below.
  const columns = pass(rows, side, 3, 3 * side, weights(height, top, top + length, side));
  const made = new Uint8ClampedArray(columns.length);
  for (let row = 0, out = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      for (let colour = 0; colour < 3; colour++) made[out++] = columns[(column * side + row) * 3 + colour];
    }
  }
  return made;
}

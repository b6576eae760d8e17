// The convolution explorer: a kernel of 3×3 numbers slides over a grey image, in the page itself, without a kernel of
// Jupyter. It computes what helpers/teaching/convolution.py computes. A page has <div data-explorer> with its images
// and kernels as JSON (tools/site/explorer.py); everything else is made here.
(function () {
  "use strict";

  const SIDE = 3; // of the kernel
  const WIDTH = 360; // of a drawing, in pixels
  const ROOM = 26; // pixels that a number needs to be readable
  const LARGEST = 128; // side of a photo of one's own
  const FRAME = "#d55e00";

  // --- What is computed ---

  /** Zeros before and after one side: none for "valid"; for "same" as many as ceil(size / stride) positions need. */
  function zeros(size, stride, padding) {
    if (padding === "valid") return [0, 0];
    const total = Math.max((Math.ceil(size / stride) - 1) * stride + SIDE - size, 0);
    return [Math.floor(total / 2), Math.ceil(total / 2)];
  }

  /** Number of positions of the window along one side, with `more` zeros on both ends together. */
  function outputSize(size, stride, more) {
    return Math.floor((size + more - SIDE) / stride) + 1;
  }

  /** A pixel of the image with its padding: 0 outside. */
  function pixel(image, row, column) {
    const inside = row >= 0 && column >= 0 && row < image.rows && column < image.columns;
    return inside ? image.pixels[row * image.columns + column] : 0;
  }

  /** All responses of an image {rows, columns, pixels} to nine weights, and where the first window begins. */
  function convolve(image, weights, stride, padding) {
    const [top, below] = zeros(image.rows, stride, padding);
    const [left, right] = zeros(image.columns, stride, padding);
    const rows = outputSize(image.rows, stride, top + below);
    const columns = outputSize(image.columns, stride, left + right);
    const values = new Float64Array(rows * columns);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        let sum = 0;
        for (let i = 0; i < weights.length; i++) {
          const [down, across] = [Math.floor(i / SIDE), i % SIDE];
          sum += weights[i] * pixel(image, row * stride - top + down, column * stride - left + across);
        }
        values[row * columns + column] = sum;
      }
    }
    return { rows, columns, values, top, below, left, right };
  }

  /** The number that somebody typed, "1/9" included; NaN for anything else. */
  function number(text) {
    const parts = text.trim().replace("−", "-").split("/");
    if (parts.length > 2 || parts.some((part) => part.trim() === "")) return NaN;
    const value = parts.length === 2 ? Number(parts[0]) / Number(parts[1]) : Number(parts[0]);
    return Number.isFinite(value) ? value : NaN;
  }

  /** A number as it is shown: two places at most, a true minus sign. */
  function shown(value) {
    return String(Math.round(value * 100) / 100).replace("-", "−");
  }

  // --- What is drawn ---

  function grey(value, low, high) {
    const level = Math.round((255 * (Math.min(Math.max(value, low), high) - low)) / (high - low || 1));
    return [level, level, level];
  }

  /** White for 0, red above it, blue below it. */
  function signed(value, limit) {
    const share = Math.min(Math.abs(value) / (limit || 1), 1);
    const end = value > 0 ? [178, 24, 43] : [33, 102, 172];
    return end.map((level) => Math.round(255 + share * (level - 255)));
  }

  /** Draw rows × columns squares; colour(row, column) gives [red, green, blue], text(row, column) what stands there. */
  function squares(canvas, rows, columns, colour, text) {
    const zoom = Math.max(Math.floor(WIDTH / Math.max(rows, columns)), 1);
    canvas.width = columns * zoom;
    canvas.height = rows * zoom;
    const pen = canvas.getContext("2d");
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.font = `${Math.min(zoom / 2.6, 18)}px sans-serif`;
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const [red, green, blue] = colour(row, column);
        pen.fillStyle = `rgb(${red}, ${green}, ${blue})`;
        pen.fillRect(column * zoom, row * zoom, zoom, zoom);
        if (zoom < ROOM) continue;
        pen.fillStyle = 0.3 * red + 0.59 * green + 0.11 * blue > 140 ? "black" : "white";
        pen.fillText(text(row, column), (column + 0.5) * zoom, (row + 0.5) * zoom, zoom - 2);
      }
    }
    return { pen, zoom };
  }

  function frame({ pen, zoom }, row, column, side) {
    const thick = Math.min(4, Math.max(2, zoom / 4));
    pen.strokeStyle = FRAME;
    pen.lineWidth = thick;
    // Not smaller than a few pixels, so that one position of a large map is seen.
    const size = Math.max(side * zoom - thick, 3 * thick);
    const shift = (size - side * zoom) / 2;
    // Nor over the border of the drawing.
    const within = (start, end) => Math.min(Math.max(start - shift, thick / 2), end - size - thick / 2);
    pen.strokeRect(within(column * zoom, pen.canvas.width), within(row * zoom, pen.canvas.height), size, size);
  }

  // --- The controls ---

  function element(name, properties = {}, ...children) {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  }

  function labelled(text, control) {
    // Without it, a choice is named by all that can be chosen.
    control.setAttribute("aria-label", text);
    return element("label", {}, element("span", { textContent: text }), control);
  }

  function choice(names) {
    return element("select", {}, ...names.map((name) => element("option", { value: name, textContent: name })));
  }

  function whole(value, low, high) {
    return element("input", { type: "number", value, min: low, max: high, step: 1 });
  }

  function unpacked({ name, rows, columns, pixels }) {
    return { name, rows, columns, pixels: Uint8Array.from(atob(pixels), (letter) => letter.charCodeAt(0)) };
  }

  /** A photo of one's own in grey, at most LARGEST pixels along a side. It does not leave the browser. */
  async function photo(file) {
    const bitmap = await createImageBitmap(file);
    const scale = Math.min(1, LARGEST / Math.max(bitmap.width, bitmap.height));
    const [columns, rows] = [bitmap.width, bitmap.height].map((side) => Math.max(SIDE, Math.round(side * scale)));
    const pen = element("canvas", { width: columns, height: rows }).getContext("2d");
    pen.drawImage(bitmap, 0, 0, columns, rows);
    const colours = pen.getImageData(0, 0, columns, rows).data;
    const pixels = new Uint8Array(rows * columns);
    for (let i = 0; i < pixels.length; i++) {
      pixels[i] = Math.round(0.299 * colours[4 * i] + 0.587 * colours[4 * i + 1] + 0.114 * colours[4 * i + 2]);
    }
    return { name: file.name, rows, columns, pixels };
  }

  function explorer(root) {
    const data = JSON.parse(root.querySelector("script").textContent);
    const images = data.images.map(unpacked);
    let image = images[0];
    let weights = [];
    let found = null; // what convolve gives
    let position = [0, 0];

    const imageChoice = choice(images.map((one) => one.name));
    const own = element("input", { type: "file", accept: "image/*" });
    const kernelChoice = choice([...Object.keys(data.kernels), "your own"]);
    const stride = whole(1, 1, 8);
    const padding = choice(["valid", "same"]);
    const cells = Array.from({ length: SIDE * SIDE }, (_, i) => {
      const cell = element("input", { type: "text", size: 4 });
      cell.setAttribute("aria-label", `Weight in row ${Math.floor(i / SIDE)}, column ${i % SIDE}`);
      return cell;
    });
    const row = whole(0, 0, 0);
    const column = whole(0, 0, 0);
    const left = element("canvas");
    const right = element("canvas", { tabIndex: 0 });
    left.setAttribute("role", "img");
    right.setAttribute("role", "application");
    const leftCaption = element("figcaption");
    const rightCaption = element("figcaption");
    const size = element("p", { className: "explorer-size" });
    const sum = element("div", { className: "explorer-sum" });
    const message = element("p", { className: "explorer-message" });
    for (const spoken of [size, sum, message]) spoken.setAttribute("aria-live", "polite");

    const grid = element("fieldset", {}, element("legend", { textContent: "Its weights" }), ...cells);
    grid.className = "explorer-kernel";
    root.append(
      element(
        "div",
        { className: "explorer-controls" },
        labelled("Image", imageChoice),
        labelled("or a photo of yours", own),
        labelled("Kernel", kernelChoice),
        labelled("Stride", stride),
        labelled("Padding", padding),
        labelled("Row", row),
        labelled("Column", column),
        grid,
      ),
      message,
      size,
      element(
        "div",
        { className: "explorer-drawings" },
        element("figure", {}, left, leftCaption),
        element("figure", {}, right, rightCaption),
      ),
      sum,
    );

    function say(text) {
      message.textContent = text;
    }

    function compute() {
      const typed = cells.map((cell) => number(cell.value));
      cells.forEach((cell, i) => cell.setAttribute("aria-invalid", String(Number.isNaN(typed[i]))));
      if (typed.some(Number.isNaN)) return say("A weight is a number, such as −1, 0.5 or 1/9: the old kernel stays.");
      const step = Math.round(Number(stride.value));
      if (!(step >= 1 && step <= 8)) return say(`The stride goes from 1 to 8: ${stride.value} is none.`);
      say("");
      weights = typed;
      found = convolve(image, weights, step, padding.value);
      found.stride = step;
      move(...position);
    }

    function move(toRow, toColumn) {
      const within = (value, count) => Math.min(Math.max(Math.round(value) || 0, 0), count - 1);
      position = [within(toRow, found.rows), within(toColumn, found.columns)];
      [row.value, column.value] = position;
      [row.max, column.max] = [found.rows - 1, found.columns - 1];
      draw();
    }

    function draw() {
      const [first, second] = position;
      const { rows, columns, values, top, below, left: before, right: after, stride: step } = found;
      const low = Math.min(...image.pixels);
      const high = Math.max(...image.pixels);
      const drawn = squares(
        left,
        image.rows + top + below,
        image.columns + before + after,
        (r, c) => grey(pixel(image, r - top, c - before), Math.min(low, top + before ? 0 : low), high),
        (r, c) => shown(pixel(image, r - top, c - before)),
      );
      frame(drawn, first * step, second * step, SIDE);
      const total = weights.reduce((a, b) => a + b, 0);
      const limit = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      const keeps = Math.abs(total - 1) < 1e-9; // such a kernel keeps the brightness
      const at = (r, c) => values[r * columns + c];
      const map = squares(
        right,
        rows,
        columns,
        (r, c) => (keeps ? grey(at(r, c), low, high) : signed(at(r, c), limit)),
        (r, c) => shown(at(r, c)),
      );
      frame(map, first, second, 1);
      leftCaption.textContent = `Image, ${image.rows}×${image.columns}${top + below + before + after ? ", with its padding" : ""}`;
      rightCaption.textContent = `Responses, ${rows}×${columns}: ${keeps ? "grey, as the weights add up to 1" : "red above 0, blue below"}`;
      left.setAttribute("aria-label", `${leftCaption.textContent}; the window begins in row ${first * step - top}, column ${second * step - before}`);
      right.setAttribute("aria-label", `${rightCaption.textContent}. Arrow keys move the position.`);
      size.textContent = sizes(image, found);
      arithmetic(first, second);
    }

    function sizes({ rows, columns }, { top, below, left: before, right: after, stride: step }) {
      const side = (name, n, more) =>
        `${name}: ⌊(${n} + ${more} − ${SIDE}) / ${step}⌋ + 1 = ${outputSize(n, step, more)}`;
      const down = side("rows", rows, top + below);
      return `Output size. ${down}; ${side("columns", columns, before + after)}. (pixels + zeros on both ends − kernel)`;
    }

    function arithmetic(first, second) {
      const { columns, values, top, left: before, stride: step } = found;
      const table = element("table");
      for (let down = 0; down < SIDE; down++) {
        const line = table.insertRow();
        for (let across = 0; across < SIDE; across++) {
          const value = pixel(image, first * step - top + down, second * step - before + across);
          const weight = cells[down * SIDE + across].value.trim().replace("-", "−");
          line.insertCell().textContent = `${value} × ${weight.startsWith("−") ? `(${weight})` : weight}`;
        }
      }
      const sentence = `Row ${first}, column ${second}: the nine products add up to ${shown(values[first * columns + second])}.`;
      sum.replaceChildren(element("p", { textContent: sentence }), table);
    }

    function take(one) {
      image = one;
      position = [0, 0];
      compute();
    }

    imageChoice.addEventListener("change", () => take(images.find((one) => one.name === imageChoice.value)));
    own.addEventListener("change", async () => {
      if (!own.files.length) return;
      try {
        take(await photo(own.files[0]));
      } catch {
        say(`${own.files[0].name} is no image that this browser can read.`);
      }
    });
    kernelChoice.addEventListener("change", () => preset());
    function preset() {
      const numbers = data.kernels[kernelChoice.value];
      if (numbers) numbers.flat().forEach((weight, i) => (cells[i].value = weight));
      compute();
    }
    for (const cell of cells) {
      cell.addEventListener("input", () => {
        kernelChoice.value = "your own";
        compute();
      });
    }
    stride.addEventListener("input", compute);
    padding.addEventListener("change", compute);
    row.addEventListener("input", () => row.value !== "" && move(Number(row.value), position[1]));
    column.addEventListener("input", () => column.value !== "" && move(position[0], Number(column.value)));

    /** Row and column of the square under the pointer, as fractions. */
    function under(canvas, event, rows, columns) {
      const box = canvas.getBoundingClientRect();
      return [((event.clientY - box.top) / box.height) * rows, ((event.clientX - box.left) / box.width) * columns];
    }
    for (const kind of ["pointermove", "pointerdown"]) {
      right.addEventListener(kind, (event) => {
        move(...under(right, event, found.rows, found.columns).map(Math.floor));
      });
      left.addEventListener(kind, (event) => {
        const { top, below, left: before, right: after, stride: step } = found;
        const at = under(left, event, image.rows + top + below, image.columns + before + after);
        move(...at.map((place) => (place - SIDE / 2) / step));
      });
    }
    right.addEventListener("keydown", (event) => {
      const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
      if (!steps) return;
      event.preventDefault();
      move(position[0] + steps[0], position[1] + steps[1]);
    });
    preset();
  }

  window.convolutionExplorer = { convolve, outputSize, zeros, number, unpacked };
  document.addEventListener("DOMContentLoaded", () => document.querySelectorAll("[data-explorer]").forEach(explorer));
})();

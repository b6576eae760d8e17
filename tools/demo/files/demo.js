// A page around one exported network: an image or the camera in, probabilities out. Nothing leaves this computer.

import { loadAndCompile, loadLiteRt, Tensor } from "./litert/core.js";
import { middleSquare } from "./resize.js";

const BARS = 10;  // of a network with more classes, the most probable ones
const MOST_PIXELS = 16_000_000;  // helpers/data/photo.py halves the sides of larger ones, too
const SECONDS_BETWEEN_WORDS = 3;  // what a screen reader says of the camera
const at = (name) => document.getElementById(name);
const percent = (share) => `${(100 * share).toFixed(1)} %`;

let network, facts, stream = null, spokenAt = -Infinity, spokenName = "";
const whole = document.createElement("canvas");
const drawn = whole.getContext("2d", { willReadFrequently: true });

function say(sentence) {
  at("message").textContent = sentence;
}

async function start() {
  facts = await (await fetch("network.json")).json();
  self.Module = { print: console.debug, printErr: console.debug };  // LiteRT writes notes to both
  await loadLiteRt("./litert/litert.js");
  network = await loadAndCompile("network.tflite", { accelerator: "wasm" });
  at("about").textContent = facts.about;
  at("limits").textContent = facts.limits;
  at("size").textContent = `${facts.side} × ${facts.side} pixels: the middle square of your image, and nothing else.`;
  at("small").width = at("small").height = facts.side;
  at("bars").classList.toggle("many", facts.classes.length > BARS);
  for (const name of facts.classes.slice(0, BARS)) {
    const line = document.createElement("li");
    for (const part of ["name", "track", "number"]) {
      line.append(Object.assign(document.createElement("span"), { className: part }));
    }
    line.children[0].textContent = facts.classes.length > BARS ? "–" : name;
    line.children[1].setAttribute("aria-hidden", "true");
    line.children[1].append(Object.assign(document.createElement("div"), { className: "fill" }));
    line.children[2].textContent = "–";
    at("bars").append(line);
  }
  at("file").disabled = at("camera").disabled = false;
  document.body.dataset.ready = "true";
}

// The numbers of an image, or of a frame, on white and at most 16 million pixels.
function numbers(source, width, height) {
  let factor = 1;
  while (Math.ceil(width / factor) * Math.ceil(height / factor) > MOST_PIXELS) factor *= 2;
  whole.width = Math.ceil(width / factor);
  whole.height = Math.ceil(height / factor);
  drawn.fillStyle = "white";
  drawn.fillRect(0, 0, whole.width, whole.height);
  drawn.drawImage(source, 0, 0, whole.width, whole.height);
  return drawn.getImageData(0, 0, whole.width, whole.height);
}

async function probabilities(pixels) {
  const given = new Tensor(Float32Array.from(pixels), [1, facts.side, facts.side, 3]);
  const [found] = await network.run([given]);
  const shares = Array.from(found.toTypedArray());
  given.delete();
  found.delete();
  return shares;
}

// Everything from an image on: what is shown, what the network sees, what it predicts. Returns the best class.
async function look(source, width, height) {
  const { data } = numbers(source, width, height);
  const pixels = middleSquare(data, whole.width, whole.height, facts.side);
  const began = performance.now();
  const shares = await probabilities(pixels);
  const took = performance.now() - began;

  const length = Math.min(whole.width, whole.height), shown = at("image"), small = at("small");
  shown.getContext("2d").drawImage(
    whole, (whole.width - length) / 2, (whole.height - length) / 2, length, length, 0, 0, shown.width, shown.height);
  at("stage").classList.add("filled");
  const seen = new ImageData(facts.side, facts.side);
  for (let index = 0; index < facts.side ** 2; index++) {
    seen.data.set([...pixels.subarray(3 * index, 3 * index + 3), 255], 4 * index);
  }
  small.getContext("2d").putImageData(seen, 0, 0);

  const classes = shares.map((share, index) => ({ share, name: facts.classes[index] }));
  const [best, ...others] = classes.toSorted((one, other) => other.share - one.share);
  const bars = classes.length > BARS ? [best, ...others.slice(0, BARS - 1)] : classes;
  [...at("bars").children].forEach((line, index) => {
    line.classList.toggle("first", bars[index] === best);
    line.querySelector(".name").textContent = bars[index].name;
    line.querySelector(".fill").style.width = `${100 * bars[index].share}%`;
    line.querySelector(".number").textContent = percent(bars[index].share);
  });
  at("milliseconds").textContent = `${took.toFixed(took < 10 ? 1 : 0)} ms`;
  window.lastSeen = { pixels, shares };  // for the tests, and for the curious
  return best;
}

async function takeFile(file) {
  if (!file || !network) return;
  stopCamera();
  say("");
  let bitmap;
  try {
    bitmap = await createImageBitmap(file, { colorSpaceConversion: "none" });
  } catch {
    say(`${file.name} cannot be read as an image by this browser. Save it as JPEG or PNG, and choose that file.`);
    return;
  }
  const best = await look(bitmap, bitmap.width, bitmap.height);
  bitmap.close();
  at("image").setAttribute("aria-label", `Middle square of ${file.name}`);
  at("small").setAttribute("aria-label", `${file.name} at ${facts.side} × ${facts.side} pixels`);
  at("spoken").textContent = `${file.name}: ${best.name}, ${percent(best.share)}.`;
}

const REFUSED = {
  NotAllowedError: "The camera may not be used: allow it beside the address of this page, or choose an image.",
  NotFoundError: "There is no camera on this computer: choose an image instead.",
  NotReadableError: "The camera is in use by another program: close that, or choose an image.",
};

async function startCamera() {
  say("");
  at("camera").disabled = true;
  const video = document.createElement("video");
  try {
    if (!navigator.mediaDevices) throw new DOMException("", "NotAllowedError");
    stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 640 }, height: { ideal: 480 } } });
    Object.assign(video, { srcObject: stream, muted: true, playsInline: true });
    await video.play();
  } catch (error) {
    stopCamera();
    say(REFUSED[error.name] ?? `The camera does not start (${error.name}): choose an image instead.`);
    return;
  } finally {
    at("camera").disabled = false;
  }
  const mine = stream, times = [];
  mine.getVideoTracks()[0].addEventListener("ended", () => mine === stream && stopCamera());
  at("camera").textContent = "Stop the camera";
  at("image").setAttribute("aria-label", "Middle square of the camera's image");
  at("small").setAttribute("aria-label", `The camera's image at ${facts.side} × ${facts.side} pixels`);
  while (mine === stream) {
    await new Promise((next) => (video.requestVideoFrameCallback ?? requestAnimationFrame).call(
      video.requestVideoFrameCallback ? video : window, next));
    if (mine !== stream) break;
    const best = await look(video, video.videoWidth, video.videoHeight);
    times.push(performance.now());
    while (times[0] < times.at(-1) - 2_000) times.shift();
    if (times.length > 2) {
      const frames = 1_000 * (times.length - 1) / (times.at(-1) - times[0]);
      at("frames").textContent = `${frames.toFixed(0)} frames/s`;
    }
    // A reader hears a new class, and not every frame.
    if (best.name !== spokenName && performance.now() > spokenAt + 1_000 * SECONDS_BETWEEN_WORDS) {
      [spokenName, spokenAt] = [best.name, performance.now()];
      at("spoken").textContent = `Camera: ${best.name}.`;
    }
  }
}

function stopCamera() {
  stream?.getTracks().forEach((track) => track.stop());
  stream = null;
  [spokenName, spokenAt] = ["", -Infinity];
  at("camera").textContent = "Start the camera";
  at("frames").textContent = "–";
}

at("file").addEventListener("change", async ({ target }) => {
  await takeFile(target.files[0]);
  target.value = "";  // the same file may be chosen again
});
at("camera").addEventListener("click", () => (stream ? stopCamera() : startCamera()));
for (const name of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(name, (event) => {
    event.preventDefault();  // a browser would leave the page for the file
    at("stage").classList.toggle("over", name === "dragover");
    if (name !== "drop") return;
    const [file] = event.dataTransfer.files;
    if (file) takeFile(file);
    else say("That was no file: save the image first, and drop the file.");
  });
}
start().catch((error) => {
  at("about").textContent = "";
  say(`The network cannot be loaded (${error.message}). Call make demo again, and reload this page.`);
});

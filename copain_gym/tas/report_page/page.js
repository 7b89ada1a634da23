"use strict";
// One number decides what is shown: `frame`. The video, the piano roll and the graphs follow it.
const film = JSON.parse(document.getElementById("film").textContent);
const first = film.first, last = film.first + film.frames - 1;
const element = (id) => document.getElementById(id);
const video = element("video"), roll = element("roll"), timeline = element("timeline");
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

// ---- data -------------------------------------------------------------------

// Runs [length, value, length, value, ...] -> one value a frame.
function expand(runs, kind) {
  const values = new kind(film.frames);
  for (let k = 0, at = 0; k < runs.length; k += 2) {
    values.fill(runs[k + 1], at, at += runs[k]);
  }
  return values;
}

const BUTTONS = [ // in the order of the rows: bit of the mask, name, sign, colour
  [6, "left", "←", "--b-direction"], [7, "right", "→", "--b-direction"], [4, "up", "↑", "--b-direction"],
  [5, "down", "↓", "--b-direction"], [2, "select", "Sel", "--b-select"], [3, "start", "Sta", "--b-start"],
  [1, "B", "B", "--b-B"], [0, "A", "A", "--b-A"],
];
const ports = film.ports.map((port) => ({ ...port, masks: expand(port.runs, Uint8Array) }));
for (const port of ports) {
  port.buttons = port.device === "pad" ? BUTTONS : [[0, "trigger", "T", "--b-A"]];
}
const rows = []; // of the piano roll
for (const port of ports) {
  for (const [bit, name, sign, colour] of port.buttons) {
    const runs = runsOf(port.masks, bit);
    // With several pads, the buttons that are never pressed would take most of the space.
    if (ports.length === 1 || runs.length) rows.push({ port, bit, name, sign, colour, runs });
  }
}
const lag = expand(film.lag, Uint8Array), lagRuns = runsOf(lag, 0);
const variables = film.variables.map((variable) => {
  const values = expand(variable.runs, Float64Array);
  return { ...variable, values, ...rangeOf(values) };
});
const events = film.events;

// The runs of frames in which a bit is set, as [begin, end) from 0.
function runsOf(masks, bit) {
  const runs = [];
  for (let k = 0, begin = -1; k <= masks.length; k++) {
    const set = k < masks.length && (masks[k] >> bit) & 1;
    if (set && begin < 0) begin = k;
    if (!set && begin >= 0) { runs.push([begin, k]); begin = -1; }
  }
  return runs;
}

// The least and greatest value to draw. At power-on, RAM holds anything: if the values of few frames are far from
// all others, they are cut off.
function rangeOf(values) {
  const sorted = Float64Array.from(values).sort(), count = sorted.length;
  const low = sorted[0], high = sorted[count - 1];
  const inner = [sorted[Math.floor(count * 0.02)], sorted[Math.ceil(count * 0.98) - 1]];
  const width = inner[1] - inner[0];
  if (width === 0 || width * 3 > high - low) return { low, high };
  return { low: Math.max(low, inner[0] - width * 0.1), high: Math.min(high, inner[1] + width * 0.1) };
}

function clock(k) {
  const seconds = (k - 1) / film.fps, minutes = Math.floor(seconds / 60);
  return `${minutes}:${(seconds - 60 * minutes).toFixed(2).padStart(5, "0")}`;
}

// ---- the frame that is shown ----------------------------------------------------

const PHONE = innerWidth <= 640;
let frame = first, wantedTime = null, size = Math.min(PHONE ? 240 : 600, film.frames), begin = first; // view of the roll

function setFrame(k, fromVideo = false) {
  k = clamp(Math.round(k), first, last);
  if (!fromVideo) seekVideo(k);
  if (k === frame && fromVideo) return;
  frame = k;
  if (frame < begin + size * 0.1 || frame > begin + size * 0.9) {
    // The view moves by pages while it plays, just so far that the frame is in it during a drag, and puts the
    // frame into the middle after a jump.
    const near = frame > begin - size * 0.2 && frame < begin + size * 1.2;
    const at = !near ? 0.5 : fromVideo || frame < begin + size / 2 ? 0.1 : 0.9;
    setView(frame - size * at);
  }
  show();
}

// The middle of the frame's picture, so that rounding cannot lead to a neighbour.
const timeOf = (k) => (Math.floor((k - first) / film.every) + 0.5) * film.every / film.fps;
const frameAt = (time) => first + Math.floor(time * film.fps + 1e-3);

function seekVideo(k) {
  wantedTime = timeOf(k);
  if (!video.seeking) applySeek(); // else the event `seeked` does it: seeks must not pile up
}
function applySeek() {
  if (wantedTime === null || video.readyState < 1) return;
  const time = Math.min(wantedTime, Math.max(0, video.duration - 1e-3));
  wantedTime = null;
  video.currentTime = time;
}
video.addEventListener("seeked", applySeek);
video.addEventListener("loadedmetadata", () => seekVideo(frame));

function show() {
  const k = frame - first;
  element("frame").value = frame;
  element("time").value = clock(frame);
  element("seek").value = frame;
  element("lagged").hidden = !lag[k];
  const held = [];
  for (const port of ports) {
    for (const [bit, name] of port.buttons) {
      const set = (port.masks[k] >> bit) & 1;
      port.keys[name].classList.toggle("held", !!set);
      if (set) held.push(ports.length > 1 ? `${name} (${port.title})` : name);
    }
  }
  const shown = variables.filter((variable) => variable.output);
  for (const variable of shown) variable.output.value = variable.values[k].toLocaleString("en");
  const heldText = held.length ? held.join(", ") : "nothing pressed";
  const text = `Frame ${frame} of ${last}, ${clock(frame)}; ${heldText}`;
  for (const slider of [roll, timeline]) {
    slider.setAttribute("aria-valuenow", frame);
    slider.setAttribute("aria-valuetext", text);
  }
  element("seek").setAttribute("aria-valuetext", `${frame}, ${clock(frame)}`);
  const current = events.findLastIndex((event) => event.frame <= frame);
  events.forEach((event, n) => event.button.setAttribute("aria-current", n === current));
  placeCursor();
  drawRoll();
  document.dispatchEvent(new Event("shown")); // for sections that were added to the page
}

// ---- playback -----------------------------------------------------------------------

function loadVideo() {
  const text = atob(element("video-data").textContent.trim()), bytes = new Uint8Array(text.length);
  for (let k = 0; k < text.length; k++) bytes[k] = text.charCodeAt(k);
  element("video-data").textContent = "";
  video.src = URL.createObjectURL(new Blob([bytes], { type: film.video.type }));
  video.addEventListener("error", () => warn("This browser cannot play the video (H.264 in MP4). The inputs and graphs still work."));
}
function warn(text) { element("warning").textContent = text; element("warning").hidden = false; }

function follow() { // while the video plays
  if (!video.paused && !video.seeking) setFrame(frameAt(video.currentTime), true);
  if (!video.paused) requestAnimationFrame(follow);
}
function showPlaying() {
  const playing = !video.paused;
  element("play").querySelector("path").setAttribute("d", playing ? "M6 5h4v14H6zM14 5h4v14h-4z" : "M8 5v14l11-7z");
  element("play").setAttribute("aria-label", playing ? "Pause" : "Play");
  if (playing) follow(); else if (!video.seeking && wantedTime === null) setFrame(frame);
}
for (const name of ["play", "pause", "ended"]) video.addEventListener(name, showPlaying);

function toggle() {
  if (!video.paused) return video.pause();
  if (frame >= last) setFrame(first);
  video.play().catch((error) => { if (error.name !== "AbortError") warn(`The video does not play: ${error.message}`); });
}
function step(frames) { video.pause(); setFrame(frame + frames); }
function stepEvent(direction) {
  const frames = [first, ...events.map((event) => event.frame), last];
  const next = direction > 0 ? frames.find((k) => k > frame) : frames.findLast((k) => k < frame);
  if (next !== undefined) step(next - frame);
}
function mute() {
  video.muted = !video.muted;
  element("mute").setAttribute("aria-pressed", !video.muted);
}

// ---- the piano roll ---------------------------------------------------------------------

const ROW = 14, RULER = 18;

function prepare(canvas) { // a canvas in device pixels; returns its context and size in CSS pixels
  const ratio = window.devicePixelRatio || 1, width = canvas.clientWidth, height = canvas.clientHeight;
  const w = Math.round(width * ratio), h = Math.round(height * ratio);
  if (canvas.width !== w || canvas.height !== h) { canvas.width = w; canvas.height = h; }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return [context, width, height];
}

function setView(from) {
  begin = clamp(Math.round(from), first, last + 1 - size);
}
function setZoom(frames) {
  const share = (frame - begin) / size;
  size = clamp(Math.round(frames), Math.min(30, film.frames), film.frames);
  setView(frame - share * size);
  element("zoom").value = `${size.toLocaleString("en")} frames`;
  show();
}

let colours = {};
function drawRoll() {
  const [context, width, height] = prepare(roll), scale = width / size;
  const x = (k) => (k - begin) * scale; // left edge of frame k
  rows.forEach((row, n) => {
    if (n % 2 === 0) { context.fillStyle = colours["--row"]; context.fillRect(0, RULER + n * ROW, width, ROW); }
  });
  const from = begin - first, to = from + size; // as indices
  context.fillStyle = colours["--lag"];
  for (const [a, b] of between(lagRuns, from, to)) {
    context.fillRect(x(a + first), RULER - 4, Math.max(1, (b - a) * scale), 4);
  }
  context.font = "11px system-ui, sans-serif";
  context.textBaseline = "middle";
  const every = [1, 5, 10, 30, 60, 300, 600, 1800, 3600, 18000, 36000].find((n) => n * scale >= 64) || 108000;
  for (let k = Math.ceil(begin / every) * every; k < begin + size; k += every) {
    context.fillStyle = colours["--line"];
    context.fillRect(x(k), 0, 1, height);
    context.fillStyle = colours["--soft"];
    if (x(k) + 44 < width) context.fillText(k, x(k) + 3, 7);
  }
  rows.forEach((row, n) => {
    context.fillStyle = colours[row.colour];
    const gap = scale >= 6 ? 1 : 0;
    for (const [a, b] of between(row.runs, from, to)) {
      if (gap) for (let k = Math.max(a, from); k < Math.min(b, to); k++) context.fillRect(x(k + first), RULER + n * ROW + 2, scale - gap, ROW - 4);
      else context.fillRect(x(a + first), RULER + n * ROW + 2, Math.max(1, (b - a) * scale), ROW - 4);
    }
  });
  for (const event of events) {
    if (event.frame < begin || event.frame >= begin + size) continue;
    context.fillStyle = colours[`--${event.kind}`];
    context.fillRect(x(event.frame), 0, 2, height);
  }
  context.fillStyle = colours["--cursor"];
  context.fillRect(x(frame + 0.5) - 1, 0, 2, height);
  if (scale > 3) { context.globalAlpha = 0.18; context.fillRect(x(frame), 0, scale, height); context.globalAlpha = 1; }
  roll.dataset.cursor = x(frame + 0.5); // for those who look from outside, such as tests
}

// Runs that overlap the frames [from, to), by binary search: they are in order and apart.
function between(runs, from, to) {
  let low = 0, high = runs.length;
  while (low < high) { const middle = (low + high) >> 1; if (runs[middle][1] <= from) low = middle + 1; else high = middle; }
  let end = low;
  while (end < runs.length && runs[end][0] < to) end++;
  return runs.slice(low, end);
}

// ---- the graphs and events of the whole movie --------------------------------------------------

function drawVariable(variable) {
  const [context, width, height] = prepare(variable.canvas), values = variable.values, count = values.length;
  const range = variable.high - variable.low || 1, top = 4, base = height - 4;
  const y = (value) => base - clamp((value - variable.low) / range, 0, 1) * (base - top);
  const columns = Math.max(1, Math.floor(width));
  context.beginPath();
  for (let column = 0; column < columns; column++) {
    const a = Math.floor(column * count / columns), b = Math.max(a + 1, Math.floor((column + 1) * count / columns));
    let low = values[a], high = low;
    for (let k = a + 1; k < b; k++) { low = Math.min(low, values[k]); high = Math.max(high, values[k]); }
    const opening = y(values[a]), closing = y(values[b - 1]);
    if (column === 0) context.moveTo(0, opening); else context.lineTo(column, opening);
    context.lineTo(column, y(low)); context.lineTo(column, y(high)); context.lineTo(column, closing);
  }
  context.lineTo(width, y(values[count - 1]));
  context.strokeStyle = colours["--graph"]; context.lineWidth = 1.25; context.lineJoin = "round";
  context.stroke();
  context.lineTo(width, height); context.lineTo(0, height); context.closePath();
  context.fillStyle = colours["--graph-fill"]; context.fill();
}

function plotArea() { // of the whole movie: its left edge and width, relative to `timeline`
  const plot = element("marks").getBoundingClientRect(), box = timeline.getBoundingClientRect();
  return [plot.left - box.left, plot.width];
}
function placeCursor() {
  const [left, width] = plotArea(), x = (k) => left + (k - first) / film.frames * width;
  element("cursor").style.left = `${x(frame + 0.5)}px`;
  element("window").style.left = `${x(begin)}px`;
  element("window").style.width = `${size / film.frames * width}px`;
  element("window").hidden = size === film.frames;
}

function placeMarks() { // a label is shown where it covers no other label or mark
  const width = element("marks").clientWidth;
  const places = events.map((event) => (event.frame - first + 0.5) / film.frames * width);
  const taken = places.map((x) => [x - 5, x + 5]);
  const isFree = (from, to) => from >= 0 && to <= width + 10 && taken.every(([a, b]) => b <= from || a >= to);
  events.forEach((event, n) => {
    const x = places[n], label = event.mark.firstChild;
    event.mark.style.left = `${x}px`;
    label.hidden = false;
    const length = label.offsetWidth, right = [x + 6, x + length + 12], left = [x - length - 12, x - 6];
    const place = [right, left].find(([from, to]) => isFree(from, to));
    label.hidden = !place;
    event.mark.classList.toggle("left", place === left);
    if (place) taken.push(place);
  });
}

function drawAll() {
  for (const name of ["--row", "--line", "--soft", "--lag", "--cursor", "--graph", "--graph-fill", "--stage", "--loss",
    "--ending", "--subtitle", "--command", "--other", ...new Set(rows.map((row) => row.colour))]) colours[name] = css(name);
  placeMarks();
  variables.filter((variable) => variable.canvas).forEach(drawVariable);
  show();
}

// ---- the page's parts -------------------------------------------------------------------------------

function make(tag, attributes = {}, ...children) {
  const made = Object.assign(document.createElement(tag), attributes);
  made.append(...children);
  return made;
}

function makePads() {
  for (const port of ports) {
    port.keys = {};
    const line = make("div", { className: "pad" }, make("span", { className: "label", textContent: port.title }));
    for (const [, name, sign, colour] of port.buttons) {
      const key = make("span", { className: "key", textContent: sign, title: name });
      key.style.setProperty("--held", `var(${colour})`);
      port.keys[name] = key;
      line.append(key);
    }
    element("pads").append(line);
  }
  rows.forEach((row, n) => {
    const several = ports.length > 1;
    const name = make("span", { textContent: (several ? `${row.port.number} ` : "") + (PHONE ? row.sign : row.name) });
    name.style.top = `${RULER + (n + 0.5) * ROW}px`;
    element("roll-names").append(name);
  });
  roll.style.height = `${RULER + rows.length * ROW}px`;
}

function makeEvents() {
  if (!events.length) element("events").append(make("li", { textContent: "none" }));
  for (const event of events) {
    const dot = make("span", { className: "dot" });
    event.button = make("button", { type: "button", className: `kind-${event.kind}` }, dot,
      make("span", { textContent: event.text }), make("span", { className: "at", textContent: `${event.frame} · ${clock(event.frame)}` }));
    event.button.addEventListener("click", () => step(event.frame - frame));
    element("events").append(make("li", {}, event.button));
    event.mark = make("div", { className: `mark kind-${event.kind}`, title: event.text }, make("span", { textContent: event.text }));
    element("marks").append(event.mark);
  }
}

function makeVariables() {
  for (const variable of variables) {
    const box = make("input", { type: "checkbox", checked: variable.shown });
    box.addEventListener("change", () => { variable.shown = box.checked; makeLanes(); drawAll(); });
    const meaning = variable.unit ? `${variable.meaning} (${variable.unit})` : variable.meaning;
    element("choices").append(make("label", {}, box, make("span", {}, make("strong", { textContent: variable.name }), " ",
      make("span", { className: "meaning", textContent: meaning }))));
  }
  element("choose").hidden = !variables.length;
  makeLanes();
}
function makeLanes() {
  element("variables").replaceChildren();
  for (const variable of variables) {
    variable.canvas = variable.output = null;
    if (!variable.shown) continue;
    variable.output = make("output");
    variable.canvas = make("canvas");
    variable.canvas.setAttribute("aria-hidden", "true");
    element("variables").append(make("div", { className: "lane", title: variable.meaning },
      make("div", { className: "name" }, variable.name, variable.output), make("div", { className: "plot" }, variable.canvas)));
  }
}

function makeFacts() {
  for (const [name, text] of film.facts) element("facts").append(make("dt", { textContent: name }), make("dd", { textContent: text }));
  element("summary").textContent = film.summary;
  element("last").textContent = last;
  for (const slider of [roll, timeline]) { slider.setAttribute("aria-valuemin", first); slider.setAttribute("aria-valuemax", last); }
  Object.assign(element("seek"), { min: first, max: last, value: first });
  element("mute").hidden = !film.video.sound;
  if (film.video.aspect) video.style.aspectRatio = film.video.aspect;
}

// ---- pointer and keyboard -------------------------------------------------------------------------------

function scrub(target, frameOf) {
  const move = (event) => { video.pause(); setFrame(Math.floor(frameOf(event))); };
  target.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    target.setPointerCapture(event.pointerId);
    move(event);
  });
  target.addEventListener("pointermove", (event) => { if (target.hasPointerCapture(event.pointerId)) move(event); });
}
scrub(roll, (event) => { const box = roll.getBoundingClientRect(); return begin + (event.clientX - box.left) / box.width * size; });
scrub(timeline, (event) => {
  const plot = element("marks").getBoundingClientRect();
  return first + (event.clientX - plot.left) / plot.width * film.frames;
});
roll.addEventListener("wheel", (event) => {
  event.preventDefault();
  if (event.ctrlKey || Math.abs(event.deltaY) > Math.abs(event.deltaX)) setZoom(size * (event.deltaY > 0 ? 1.25 : 0.8));
  else step(Math.sign(event.deltaX) * Math.max(1, Math.round(size / 60)));
}, { passive: false });

const KEYS = {
  ArrowLeft: (event) => step(event.shiftKey ? -10 : -1), ArrowRight: (event) => step(event.shiftKey ? 10 : 1),
  ArrowDown: (event) => step(-1), ArrowUp: (event) => step(1),
  PageUp: () => step(-Math.round(film.fps)), PageDown: () => step(Math.round(film.fps)),
  Home: () => step(-frame), End: () => step(last), "[": () => stepEvent(-1), "]": () => stepEvent(1),
  "+": () => setZoom(size / 2), "-": () => setZoom(size * 2), m: mute, " ": toggle,
};
document.addEventListener("keydown", (event) => {
  const target = event.target, typing = target.matches("select, input[type=checkbox]");
  const action = KEYS[event.key];
  if (!action || typing || event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.key === " " && target.matches("button, summary")) return;
  // Up, down, Home and End scroll the page unless a slider has the focus.
  if (/^(Arrow(Up|Down)|Page|Home|End)/.test(event.key) && !target.matches("[role=slider], #seek")) return;
  event.preventDefault();
  action(event);
});
element("seek").addEventListener("input", () => { video.pause(); setFrame(Number(element("seek").value)); });
const CLICKS = {
  play: toggle, back: () => step(-1), forward: () => step(1), mute, "previous-event": () => stepEvent(-1),
  "next-event": () => stepEvent(1), "zoom-in": () => setZoom(size / 2), "zoom-out": () => setZoom(size * 2),
};
for (const [id, action] of Object.entries(CLICKS)) element(id).addEventListener("click", action);
video.addEventListener("click", toggle);
element("speed").addEventListener("change", () => { video.playbackRate = Number(element("speed").value); });

makePads();
makeEvents();
makeVariables();
makeFacts();
if (PHONE) document.querySelector("#facts-box details").open = false;
element("legend").hidden = !lagRuns.length;
loadVideo();
setZoom(size);
drawAll();
addEventListener("resize", drawAll);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);

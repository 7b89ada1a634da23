// ---- maps of a search: the route of the best run, where plans have failed, and its progress ----------------

const search = film.more, stages = [];
const route = []; // [stage, x, y] of each frame, or null
for (const item of search.route) {
  if (typeof item === "number") route.push(...new Array(item).fill(null)); else route.push(item);
}
const deaths = search.stages.reduce((sum, stage) => sum + stage.deaths.reduce((n, death) => n + death[2], 0), 0);
const most = Math.max(1, ...search.stages.flatMap((stage) => stage.deaths.map((death) => death[2])));

function heat(share) { // colour of a cell: from transparent orange over red to white
  const green = share < 0.5 ? 157 - 212 * share : 51 + 408 * (share - 0.5), blue = share < 0.5 ? 0 : 510 * (share - 0.5);
  return `rgba(255, ${Math.round(green)}, ${Math.round(blue)}, ${0.55 + 0.4 * share})`;
}

function makeMaps() {
  element("death-count").textContent = deaths ? `(${deaths.toLocaleString("en")})` : "(none recorded)";
  if (!search.stages.length) {
    element("map-choices").hidden = true;
    element("maps").append(make("p", { className: "nothing", textContent: "The game's table has no position of the player, so there is no map." }));
  }
  for (const stage of search.stages) {
    const canvas = make("canvas"), box = make("div", { className: "scroll" }, canvas);
    const count = stage.deaths.reduce((n, death) => n + death[2], 0);
    const name = search.places.stage ? `Stage ${stage.stage + 1}` : "Positions";
    const title = `${name}: ${stage.width.toLocaleString("en")} pixels wide, ${count.toLocaleString("en")} deaths`;
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", title);
    element("maps").append(make("figure", { className: "stage" }, make("figcaption", { textContent: title }), box));
    const image = stage.image ? Object.assign(new Image(), { src: stage.image, onload: drawMaps }) : null;
    stages.push({ ...stage, canvas, box, image });
    canvas.addEventListener("click", (event) => pick(stages.find((other) => other.canvas === canvas), event));
  }
}

// The frame in which the best run is nearest to a place of the map.
function pick(stage, event) {
  const bounds = stage.canvas.getBoundingClientRect();
  const x = (event.clientX - bounds.left) / stage.scale + stage.left, y = (event.clientY - bounds.top) / stage.scale;
  let best = -1, least = Infinity;
  route.forEach((place, k) => {
    if (!place || place[0] !== stage.stage) return;
    const far = (place[1] - x) ** 2 + (place[2] - y) ** 2;
    if (far < least) { least = far; best = k; }
  });
  if (best >= 0) { video.pause(); setFrame(first + best); }
}

function drawMaps() {
  for (const stage of stages) {
    // The whole stage if half of its size is enough, else a part that can be scrolled.
    stage.scale = clamp(stage.box.clientWidth / stage.width, 0.5, 1);
    stage.canvas.style.width = `${Math.round(stage.width * stage.scale)}px`;
    stage.canvas.style.height = `${Math.round(stage.height * stage.scale)}px`;
    drawLayer(stage);
    drawMap(stage);
  }
}

// What does not change from frame to frame.
function drawLayer(stage) {
  stage.layer = document.createElement("canvas");
  prepare(stage.canvas); // sets its size in device pixels
  Object.assign(stage.layer, { width: stage.canvas.width, height: stage.canvas.height });
  const context = stage.layer.getContext("2d"), ratio = window.devicePixelRatio || 1, scale = stage.scale;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  const x = (value) => (value - stage.left) * scale, y = (value) => value * scale;
  context.imageSmoothingEnabled = scale < 1;
  if (stage.image && stage.image.complete) {
    context.globalAlpha = 0.65;
    context.drawImage(stage.image, 0, 0, stage.picture * scale, 240 * scale);
    context.globalAlpha = 1;
  }
  if (element("show-deaths").checked) {
    const cell = search.cell * scale;
    for (const [column, row, count] of stage.deaths) {
      context.fillStyle = heat(Math.log(1 + count) / Math.log(1 + most));
      context.fillRect(x(column * search.cell), y(row * search.cell), Math.max(1, cell), Math.max(1, cell));
    }
  }
  if (element("show-route").checked) {
    context.beginPath();
    let before = null;
    route.forEach((place) => {
      if (place && place[0] === stage.stage) {
        const jump = !before || before[0] !== stage.stage || Math.hypot(place[1] - before[1], place[2] - before[2]) > 48;
        if (jump) context.moveTo(x(place[1]), y(place[2])); else context.lineTo(x(place[1]), y(place[2]));
      }
      before = place;
    });
    context.lineJoin = "round";
    context.strokeStyle = css("--route-edge"); context.lineWidth = 3.5; context.stroke();
    context.strokeStyle = css("--route"); context.lineWidth = 1.75; context.stroke();
  }
}

function drawMap(stage) {
  const here = route[frame - first], isHere = !!here && here[0] === stage.stage;
  if (!isHere && stage.canvas.dataset.here === "" && stage.drawn === stage.layer) return;
  const [context] = prepare(stage.canvas), scale = stage.scale;
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.drawImage(stage.layer, 0, 0);
  const ratio = window.devicePixelRatio || 1;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  stage.drawn = stage.layer;
  stage.canvas.dataset.here = "";
  if (!isHere) return;
  const x = (value) => (value - stage.left) * scale, y = (value) => value * scale;
  stage.canvas.dataset.here = `${here[1]},${here[2]}`; // for those who look from outside, such as tests
  context.beginPath();
  context.arc(x(here[1]), y(here[2]), 6, 0, 2 * Math.PI);
  context.fillStyle = css("--cursor"); context.strokeStyle = "#ffffff"; context.lineWidth = 2;
  context.fill(); context.stroke();
  const left = stage.box.scrollLeft, width = stage.box.clientWidth, at = x(here[1]);
  if (at < left + 20 || at > left + width - 40) stage.box.scrollLeft = at - width / 3;
}

// ---- the search over time --------------------------------------------------------------------------------

const column = (name) => search.progress.map((entry) => entry[search.names.indexOf(name)]);
function rate(name) { // per second, between two entries
  const values = column(name), seconds = column("seconds");
  return values.map((value, k) => {
    const before = k ? values[k - 1] : 0, since = k ? seconds[k - 1] : 0;
    return Math.max(0, value - before) / Math.max(0.1, seconds[k] - since);
  });
}
const number = (value) => value.toLocaleString("en", { maximumFractionDigits: value < 10 ? 1 : 0 });
const CHARTS = [
  ["Depth of the best run (frames)", () => column("depth")], ["Score of the best run", () => column("score")],
  ["New states a second", () => rate("made")], ["Frames a second", () => rate("frames")],
  ["Known states", () => column("states")], ["Cells of the archive", () => column("kept")],
  ["Duplicates", () => column("duplicates")], ["Memory (MB)", () => column("megabytes")],
];
const charts = [];

function makeCharts() {
  const seconds = column("seconds");
  if (seconds.length < 2) {
    const why = "The file has no progress over time: the search was short, or an older version wrote it.";
    element("charts").append(make("p", { className: "nothing", textContent: why }));
    return;
  }
  element("search-seconds").textContent = `0 to ${number(seconds[seconds.length - 1])} s`;
  for (const [title, read] of CHARTS) {
    const values = read(), high = Math.max(...values);
    if (high === 0) continue;
    const canvas = make("canvas"), output = make("output", { value: number(values[values.length - 1]) });
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `${title}: at last ${number(values[values.length - 1])}, at most ${number(high)}`);
    element("charts").append(make("figure", { className: "chart" },
      make("figcaption", {}, make("span", { textContent: title }), output), canvas));
    const chart = { canvas, output, values, high, seconds };
    charts.push(chart);
    canvas.addEventListener("pointermove", (event) => point(chart, event));
    canvas.addEventListener("pointerleave", () => { output.value = number(values[values.length - 1]); });
  }
}

function point(chart, event) { // the value at the time under the pointer
  const bounds = chart.canvas.getBoundingClientRect(), end = chart.seconds[chart.seconds.length - 1];
  const at = (event.clientX - bounds.left) / bounds.width * end;
  const k = Math.max(0, chart.seconds.findLastIndex((second) => second <= at));
  chart.output.value = `${number(chart.values[k])} at ${number(chart.seconds[k])} s`;
}

function drawCharts() {
  for (const { canvas, values, high, seconds } of charts) {
    const [context, width, height] = prepare(canvas), end = seconds[seconds.length - 1], base = height - 2;
    const x = (second) => second / end * width, y = (value) => base - value / high * (base - 14);
    context.fillStyle = css("--soft"); context.font = "11px system-ui, sans-serif"; context.textBaseline = "top";
    context.fillText(number(high), 2, 0);
    context.fillStyle = css("--line"); context.fillRect(0, 12, width, 1); context.fillRect(0, base, width, 1);
    context.beginPath();
    values.forEach((value, k) => { if (k) context.lineTo(x(seconds[k]), y(value)); else context.moveTo(x(seconds[0]), y(value)); });
    context.strokeStyle = css("--graph"); context.lineWidth = 1.5; context.lineJoin = "round"; context.stroke();
    context.lineTo(width, base); context.lineTo(x(seconds[0]), base); context.closePath();
    context.fillStyle = css("--graph-fill"); context.fill();
  }
}

function drawSearch() { drawMaps(); drawCharts(); }
makeMaps();
makeCharts();
drawSearch();
for (const id of ["show-route", "show-deaths"]) element(id).addEventListener("change", drawMaps);
document.addEventListener("shown", () => stages.forEach(drawMap));
addEventListener("resize", drawSearch);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawSearch);

// Drawing. Whatever there is, the elements of a picture are bounded: what is too much for bars
// is an area of what was outstanding.

const SVG = "http://www.w3.org/2000/svg";
const MOST_BARS = 3000;
const MOST_BARS_OF_A_LANE = 1000;

function element(name, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function clear(svg, height) {
  const width = Math.max(svg.clientWidth, 200);
  svg.replaceChildren();
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.style.height = `${height}px`;
  return width;
}

const scale = (view, width) => (at) => ((at - view.begin) / (view.end - view.begin)) * width;

// When operations begin (+1) and end (-1), in the order of time; what took no time was there, too.
const steps = new Map();
function stepsOf(those) {
  let known = steps.get(those);
  if (!known) {
    known = those.flatMap((one) => [[one.submitted, 1], [one.over, -1]]);
    known.sort((a, b) => a[0] - b[0] || b[1] - a[1]);
    steps.set(those, known);
  }
  return known;
}

// For each of `count` parts of the view, the most that were outstanding in it.
function outstanding(those, view, count) {
  const peaks = new Float64Array(count).fill(NONE);
  const part = (at) => Math.floor(((at - view.begin) / (view.end - view.begin)) * count);
  let now = 0;
  let before = 0;
  for (const [at, change] of stepsOf(those)) {
    const index = part(at);
    if (index >= count) break;
    // What was there before counts in the parts since then, and in this one.
    for (; before <= Math.min(index, count - 1); before += 1) peaks[before] = Math.max(peaks[before], now);
    now += change;
    if (index >= 0) peaks[index] = Math.max(peaks[index], now);
  }
  for (; before < count; before += 1) peaks[before] = Math.max(peaks[before], now);
  return peaks;
}

// Bytes that moved in each part of the view.
function moved(those, view, count) {
  const bytes = new Float64Array(count);
  for (const one of those) {
    const at = one.last ?? one.ended;
    if (at === null || at < view.begin || at >= view.end) continue;
    bytes[Math.floor(((at - view.begin) / (view.end - view.begin)) * count)] += one.transferred;
  }
  return bytes;
}

// Steps over the parts of a picture.
function area(values, top, width, height, foot = height) {
  const step = width / values.length;
  let path = `M0 ${foot}`;
  values.forEach((value, index) => {
    const y = foot - (top > 0 ? (value / top) * (foot - 12) : 0);
    path += `V${y.toFixed(1)}H${((index + 1) * step).toFixed(1)}`;
  });
  return element("path", { class: "area", d: `${path}V${foot}Z` });
}

function axis(svg, view, width, height) {
  const at = scale(view, width);
  const rough = (view.end - view.begin) / Math.max(2, width / 140);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((times) => times * power).find((step) => step >= rough);
  const first = Math.ceil((view.begin - whole.begin) / step);
  for (let tick = first; whole.begin + tick * step < view.end; tick += 1) {
    const x = at(whole.begin + tick * step);
    svg.append(element("line", { class: "grid", x1: x, x2: x, y1: 0, y2: height - 14 }), element("text", { x: x + 3, y: height - 3 }, time(tick * step)));
  }
}

function drawThroughput(view) {
  const svg = document.getElementById("throughput");
  const width = clear(svg, 96);
  const parts = Math.max(20, Math.floor(width / 4));
  const bytes = moved(operations, view, parts);
  const seconds = (view.end - view.begin) / parts / 1e9;
  const top = bytes.reduce((most, value) => Math.max(most, value), 0);
  axis(svg, view, width, 96);
  svg.append(area(bytes, top, width, 96, 80), element("text", { x: 3, y: 11 }, `at most ${size(top / seconds)}/s`));
}

function drawOutstanding(view) {
  const svg = document.getElementById("outstanding");
  const width = clear(svg, 96);
  const peaks = outstanding(operations, view, Math.floor(width / 2));
  const top = peaks.reduce((most, value) => Math.max(most, value), 0);
  axis(svg, view, width, 96);
  svg.append(area(peaks, top, width, 96, 80), element("text", { x: 3, y: 11 }, `at most ${number(top)}`));
  const at = scale(view, width);
  const drawn = new Set();
  for (const denial of data.denials) {
    const x = Math.round(at(denial));
    if (x < 0 || x > width || drawn.has(x)) continue;
    drawn.add(x);
    svg.append(element("line", { class: "denial", x1: x, x2: x, y1: 0, y2: 80 }, element("title", {}, "denied")));
  }
}

// A row for each operation, in which nothing else is shown at its time.
function rows(those, gap) {
  const ends = [];
  return those.map((one) => {
    let row = ends.findIndex((end) => end <= one.submitted);
    if (row < 0) row = ends.length;
    ends[row] = one.over + gap;
    return row;
  });
}

function bar(one, at, y, height) {
  const x = at(one.submitted);
  const group = element("g", {
    class: "bar", tabindex: 0, role: "img", "aria-label": describe(one).replaceAll("\n", "; "),
    "data-operation": one.index, "data-kind": one.kind, "data-bytes": one.bytes, "data-transferred": one.transferred,
  });
  const part = (name, from, to) => {
    if (from === null || to === null) return;
    const [left, right] = [at(from), at(to)];
    group.append(element("rect", { class: name, x: left.toFixed(2), y, width: Math.max(right - left, 0.5).toFixed(2), height }));
  };
  const end = one.ended ?? one.over;
  if (one.code !== null) {
    part("failed", one.submitted, one.over);
  } else if (isSend(one)) {
    // Of what ended in one call, nobody knows when in it the bytes went out.
    const first = one.first ?? (one.transferred > 0 ? one.submitted : end);
    part("queued", one.submitted, first);
    part("wire", first, end);
    part("told", end, one.over);
  } else {
    part("moves-nothing", one.submitted, end);
    part("told", end, one.over);
  }
  // Something to point at, however short it was.
  if (at(one.over) - x < 3) group.append(element("rect", { class: one.code === null ? "wire" : "failed", x: x.toFixed(2), y, width: 3, height }));
  return group;
}

// Draws what one socket did; true if that took bars, of which so many are allowed.
function drawLane(svg, those, view, allowed) {
  const shown = those.filter((one) => one.over >= view.begin && one.submitted <= view.end);
  if (shown.length === 0 || shown.length > allowed) {
    const width = clear(svg, 44);
    if (shown.length === 0) return 0;
    const peaks = outstanding(those, view, Math.floor(width / 2));
    const top = peaks.reduce((most, value) => Math.max(most, value), 0);
    svg.append(area(peaks, top, width, 44), element("text", { x: 3, y: 11 }, `${number(shown.length)} operations, at most ${number(top)} outstanding; zoom in for each`));
    svg.lastElementChild.previousElementSibling.setAttribute("class", "strip");
    return 0;
  }
  const width = Math.max(svg.clientWidth, 200);
  const places = rows(shown, ((view.end - view.begin) / width) * 3);
  const count = 1 + places.reduce((most, row) => Math.max(most, row), 0);
  const height = Math.max(3, Math.min(12, Math.floor(480 / count)));
  clear(svg, Math.max(24, count * (height + 1) + 4));
  const at = scale(view, width);
  shown.forEach((one, index) => svg.append(bar(one, at, 2 + places[index] * (height + 1), height)));
  return shown.length;
}

function drawHistogram() {
  const svg = document.getElementById("histogram");
  const width = clear(svg, 96);
  const counts = new Map();
  for (const one of operations) {
    if (one.indicated === null || one.kind.startsWith("watch")) continue;
    // Two columns for each doubling.
    const column = Math.round(2 * Math.log2(Math.max(1, one.indicated - one.submitted)));
    counts.set(column, (counts.get(column) ?? 0) + 1);
  }
  if (counts.size === 0) return;
  const [low, high] = [Math.min(...counts.keys()), Math.max(...counts.keys())];
  const most = Math.max(...counts.values());
  const step = Math.min(48, width / (high - low + 1));
  for (let column = low; column <= high; column += 1) {
    const count = counts.get(column) ?? 0;
    const height = (count / most) * 68;
    const label = `about ${time(2 ** (column / 2))}: ${number(count)}`;
    const x = (column - low) * step;
    svg.append(element("rect", { class: "column", x, y: 80 - height, width: Math.max(step - 1, 1), height }, element("title", {}, label)));
    if ((column - low) % Math.ceil(64 / step) === 0 && x < width - 56) svg.append(element("text", { x, y: 93 }, time(2 ** (column / 2))));
  }
}

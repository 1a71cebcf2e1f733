// What people see first, and do then.

const LANES = 30;
let view = { ...whole };
let lanes = LANES;

function table(id, head, rows) {
  const cells = (name, texts) => {
    const row = document.createElement("tr");
    for (const text of texts) {
      const cell = document.createElement(name);
      cell.textContent = text;
      row.append(cell);
    }
    return row;
  };
  document.getElementById(id).replaceChildren(cells("th", head), ...rows.map((texts) => cells("td", texts)));
}

function fillIn() {
  const { summary } = data;
  document.title = `${data.title}: a trace of wsp`;
  document.getElementById("title").textContent = data.title;
  const tiles = [
    ["operations", number(summary.operations)],
    ["sockets", number(summary.sockets)],
    ["time", time(summary.duration_us * 1e3)],
    ["sent", size(summary.bytes_sent)],
    ["received", size(summary.bytes_received)],
    ["most outstanding", number(summary.most_outstanding)],
    ["failed", number(summary.kinds.reduce((sum, kind) => sum + kind.failed, 0))],
    ["denials", number(data.denials.length)],
  ];
  for (const [name, value] of tiles) {
    const [tile, term, text] = ["div", "dt", "dd"].map((tag) => document.createElement(tag));
    [term.textContent, text.textContent] = [name, value];
    tile.append(term, text);
    document.getElementById("tiles").append(tile);
  }
  const missing = [];
  if (summary.is_cut) missing.push("The end of the trace is missing: its command was ended, or runs still.");
  if (summary.is_full) missing.push("The trace reached its limit, and has nothing of what came later.");
  if (summary.events_lost > 0) missing.push(`${number(summary.events_lost)} events came too fast, and are missing.`);
  if (data.left_out > 0) missing.push(`The page has the first ${number(operations.length)} operations; ${number(data.left_out)} more are in the trace.`);
  document.getElementById("missing").textContent = missing.join(" ");
  document.getElementById("missing").hidden = missing.length === 0;
  const us = (value) => time(value * 1e3);
  table("kinds", ["operation", "count", "bytes", "failed", "p50", "p90", "p99", "max"], summary.kinds.map(({ kind, count, bytes, failed, latency_us: latency }) => [
    kind, number(count), size(bytes), number(failed), ...(latency === null ? ["", "", "", ""] : [us(latency.p50), us(latency.p90), us(latency.p99), us(latency.max)]),
  ]));
  const refused = [
    ...summary.denials.map((one) => [one.verdict, one.usage, one.target ?? "", one.reason, number(one.count)]),
    ...summary.refusals.map((one) => ["refused", `quota ${one.quota}`, `of the ${one.scope}`, "used up", number(one.count)]),
    ...summary.errors.map((one) => ["failed", "operation", one.name ?? "", `code ${one.code}`, number(one.count)]),
  ];
  if (refused.length > 0) table("denials", ["", "what", "of what", "why", "times"], refused);
  else table("denials", ["Nothing was denied, refused or failed."], []);
}

function draw() {
  drawThroughput(view);
  drawOutstanding(view);
  const box = document.getElementById("lanes");
  box.replaceChildren();
  const used = data.sockets.map((_, index) => index).filter((index) => bySocket[index].length > 0);
  let allowed = MOST_BARS;
  for (const index of used.slice(0, lanes)) {
    const lane = document.createElement("div");
    const name = document.createElement("h3");
    const count = document.createElement("small");
    lane.className = "lane";
    name.textContent = data.sockets[index].name;
    count.textContent = `${number(bySocket[index].length)} operations`;
    name.append(count);
    const svg = element("svg", { role: "group", "aria-label": `socket ${data.sockets[index].name}` });
    lane.append(name, svg);
    box.append(lane);
    allowed -= drawLane(svg, bySocket[index], view, Math.min(allowed, MOST_BARS_OF_A_LANE));
  }
  const more = document.getElementById("more");
  more.hidden = used.length <= lanes;
  more.textContent = `Show ${number(Math.min(LANES, used.length - lanes))} more of ${number(used.length)} sockets`;
  document.getElementById("range").textContent = `${time(view.begin - whole.begin)} to ${time(view.end - whole.begin)}`;
  document.documentElement.dataset.state = "drawn";
}

function show(begin, end) {
  const length = Math.min(Math.max(end - begin, 100), whole.end - whole.begin);
  const from = Math.min(Math.max(begin, whole.begin), whole.end - length);
  view = { begin: from, end: from + length };
  draw();
}

const length = () => view.end - view.begin;
function zoom(factor, about = (view.begin + view.end) / 2) {
  show(about - (about - view.begin) * factor, about + (view.end - about) * factor);
}
const acts = {
  in: () => zoom(0.5),
  out: () => zoom(2),
  left: () => show(view.begin - length() / 4, view.end - length() / 4),
  right: () => show(view.begin + length() / 4, view.end + length() / 4),
  all: () => show(whole.begin, whole.end),
};
const keys = { "+": "in", "=": "in", "-": "out", ArrowLeft: "left", ArrowRight: "right", 0: "all", Home: "all" };

addEventListener("keydown", (event) => {
  const act = acts[keys[event.key]];
  if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  act();
});
document.querySelector("nav").addEventListener("click", (event) => acts[event.target.dataset?.do]?.());
document.getElementById("more").addEventListener("click", () => {
  lanes += LANES;
  draw();
});

// A drag over a chart shows that time; a wheel with Ctrl zooms.
function timeAt(svg, x) {
  const box = svg.getBoundingClientRect();
  return view.begin + ((x - box.left) / box.width) * length();
}
for (const id of ["throughput", "outstanding"]) {
  const svg = document.getElementById(id);
  svg.addEventListener("pointerdown", (event) => {
    const begin = event.clientX;
    svg.setPointerCapture(event.pointerId);
    svg.addEventListener("pointerup", (end) => {
      if (Math.abs(end.clientX - begin) < 4) return;
      const [from, to] = [begin, end.clientX].sort((a, b) => a - b).map((x) => timeAt(svg, x));
      show(from, to);
    }, { once: true });
  });
}
document.querySelector("main").addEventListener("wheel", (event) => {
  const svg = event.target.closest?.(".lane svg, #throughput, #outstanding");
  if (!svg || !event.ctrlKey) return;
  event.preventDefault();
  zoom(event.deltaY > 0 ? 1.25 : 0.8, timeAt(svg, event.clientX));
}, { passive: false });

const tip = document.getElementById("tip");
function point(event) {
  const group = event.target.closest?.(".bar");
  tip.hidden = !group;
  if (!group) return;
  tip.textContent = describe(operations[Number(group.dataset.operation)]);
  const box = group.getBoundingClientRect();
  const x = event.clientX ?? box.left;
  const y = event.clientY ?? box.bottom;
  tip.style.left = `${Math.min(x + 12, innerWidth - tip.offsetWidth - 8)}px`;
  tip.style.top = `${Math.min(y + 12, innerHeight - tip.offsetHeight - 8)}px`;
}
document.getElementById("lanes").addEventListener("pointermove", point);
document.getElementById("lanes").addEventListener("focusin", point);
document.getElementById("lanes").addEventListener("pointerleave", () => { tip.hidden = true; });
document.getElementById("lanes").addEventListener("focusout", () => { tip.hidden = true; });

addEventListener("resize", () => {
  drawHistogram();
  draw();
});

fillIn();
drawHistogram();
draw();

"use strict";

// What the page shows, and how numbers are written. A mistake of the page is told in the
// attribute data-errors of the document, for those who test it.
const page = { errors: [] };
addEventListener("error", (event) => {
  page.errors.push(event.message);
  document.documentElement.dataset.errors = page.errors.join("; ");
});

const NONE = -1;
const data = JSON.parse(document.getElementById("data").textContent);

// Operations in the order of their submission.
const operations = data.operations.map((row, index) => {
  const [socket, kind, submitted, first, last, ended, indicated, bytes, transferred, code, calls, call, thread] = row;
  const at = (later) => (later === NONE ? null : submitted + later);
  return {
    index, socket, kind: data.kinds[kind] ?? "?", submitted, first: at(first), last: at(last), ended: at(ended), indicated: at(indicated),
    bytes, transferred, code: code === NONE ? null : code, calls, call: call === NONE ? null : call, thread: thread === NONE ? null : thread,
  };
});
const isSend = (operation) => operation.kind.startsWith("send");

const whole = (() => {
  let [begin, end] = [Infinity, 0];
  for (const one of operations) {
    begin = Math.min(begin, one.submitted);
    end = Math.max(end, one.submitted, one.ended ?? 0, one.indicated ?? 0);
  }
  for (const socket of data.sockets) begin = Math.min(begin, socket.opened);
  for (const at of data.denials) [begin, end] = [Math.min(begin, at), Math.max(end, at)];
  if (!Number.isFinite(begin)) begin = 0;
  const margin = Math.max((end - begin) * 0.01, 500);
  return { begin: begin - margin, end: Math.max(end, begin) + margin };
})();

// When nobody has said how an operation ended, it lasts to the end.
for (const one of operations) one.over = one.indicated ?? whole.end;

const bySocket = data.sockets.map(() => []);
for (const one of operations) bySocket[one.socket]?.push(one);

// How many sends went out in each system call.
const together = new Map();
for (const one of operations) {
  if (one.call !== null) together.set(`${one.socket}/${one.call}`, (together.get(`${one.socket}/${one.call}`) ?? 0) + 1);
}

function time(nanoseconds) {
  const size = Math.abs(nanoseconds);
  if (size < 1e3) return `${Math.round(nanoseconds)} ns`;
  if (size < 1e6) return `${(nanoseconds / 1e3).toFixed(1)} µs`;
  if (size < 1e9) return `${(nanoseconds / 1e6).toFixed(2)} ms`;
  return `${(nanoseconds / 1e9).toFixed(2)} s`;
}

function size(bytes) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  while (bytes >= 1024 && unit < units.length - 1) [bytes, unit] = [bytes / 1024, unit + 1];
  return `${unit === 0 || bytes >= 100 ? Math.round(bytes) : bytes.toFixed(1)} ${units[unit]}`;
}

const number = (value) => value.toLocaleString("en");

const codes = new Map(data.summary.errors.map((error) => [error.code, error.name]));

function describe(one) {
  const name = codes.get(one.code);
  const lines = [
    `${one.kind}, ${number(one.transferred)} of ${number(one.bytes)} bytes`,
    `submitted at ${time(one.submitted - whole.begin)}${one.thread === null ? "" : ` by thread ${one.thread}`}`,
  ];
  if (one.first !== null) lines.push(`on the wire after ${time(one.first - one.submitted)}`);
  if (one.calls > 1) lines.push(`in ${number(one.calls)} system calls`);
  const others = (together.get(`${one.socket}/${one.call}`) ?? 1) - 1;
  if (others > 0) lines.push(`went out together with ${number(others)} others`);
  if (one.ended !== null) lines.push(`ended after ${time(one.ended - one.submitted)}`);
  lines.push(one.indicated === null ? "never indicated" : `indicated after ${time(one.indicated - one.submitted)}`);
  if (one.code !== null) lines.push(`failed: ${name ?? "code"} (${one.code})`);
  return lines.join("\n");
}

// Folding and unfolding of blocks. A drawing is a group of nodes and edges; a block that opens gets a copy of the drawing
// of its inside, and what lies around it moves apart: columns to the sides, rows down.
"use strict";

const root = document.documentElement;
const HEAD = Number(root.dataset.head), INSIDE = Number(root.dataset.inside), DEPTH = Number(root.dataset.depth);
const numbers = text => text.split(/[ ,]/).map(Number);
const place = (x, y) => `translate(${x.toFixed(1)} ${y.toFixed(1)})`;

// Each of `parts` (from, to, more) grows by `more`. The result says where a coordinate goes: things in line share their
// growth, things one after another add up.
function stretched(parts) {
  const marks = [...new Set(parts.flatMap(part => [part.from, part.to]))].sort((a, b) => a - b);
  const gained = new Map();
  let most = 0;
  for (const mark of marks) {
    for (const part of parts) if (part.to === mark) most = Math.max(most, gained.get(part.from) + part.more);
    gained.set(mark, most);
  }
  return value => {
    const after = marks.findIndex(mark => mark > value);
    if (after < 0) return value + most;
    if (after === 0) return value;
    const from = marks[after - 1], to = marks[after];
    return value + gained.get(from) + (gained.get(to) - gained.get(from)) * (value - from) / (to - from);
  };
}

// Straight down where x stays, else from vertical to vertical.
function route(points) {
  return points.map(([x, y], at) => {
    if (at === 0) return `M${x} ${y}`;
    const [before, above] = points[at - 1];
    if (Math.abs(x - before) < 0.05) return `V${y}`;
    return `C${before} ${(above + y) / 2} ${x} ${(above + y) / 2} ${x} ${y}`;
  }).join("");
}

function view(net, level, grown) {
  const group = document.getElementById(`net-${net}`).content.querySelector(".drawing").cloneNode(true);
  const [width, height] = numbers(group.dataset.size);
  const own = selector => [...group.children].filter(child => child.matches(selector));
  const tips = own(".tip");
  const edges = own(".edge").map((element, at) => ({
    element, tip: tips[at], ends: numbers(element.dataset.ends),
    points: element.dataset.points.split(" ").map(numbers),
  }));
  const self = { group, level, grown, edges, base: [width, height], nodes: own(".node").map(node) };
  self.nodes.filter(one => one.element.dataset.net).forEach(one => foldable(self, one));
  arrange(self);
  return self;
}

function node(element) {
  const [x, y, width, height] = numbers(element.dataset.box);
  return { element, x, y, width, height, wide: width, high: height, inner: null };
}

// Put everything where it belongs now.
function arrange(self) {
  const open = self.nodes.filter(one => one.inner);
  const toX = stretched(open.map(one => ({ from: one.x, to: one.x + one.width, more: one.wide - one.width })));
  const toY = stretched(open.map(one => ({ from: one.y, to: one.y + one.height, more: one.high - one.height })));
  for (const one of self.nodes) {
    one.left = toX(one.x + one.width / 2) - one.wide / 2;
    one.top = toY(one.y + one.height / 2) - one.high / 2;
    one.element.setAttribute("transform", place(one.left, one.top));
    one.element.lastElementChild.setAttribute("transform", place((one.wide - one.width) / 2, one.high - one.height));
  }
  for (const { element, tip, ends, points } of self.edges) {
    const moved = points.map(([x, y]) => [toX(x), toY(y)]);
    const source = self.nodes[ends[0]], target = self.nodes[ends[1]];
    moved[0][1] = source.top + source.high;
    moved[moved.length - 1][1] = target.top;
    element.setAttribute("d", route(moved));
    tip.setAttribute("d", `M${moved[moved.length - 1][0] - 4} ${target.top - 6.5}h8l-4 6.5z`);
  }
  self.size = [toX(self.base[0]), toY(self.base[1])];
  self.grown(self);
}

function foldable(self, one) {
  const frame = one.element.querySelector(".unfolded");
  frame.classList.add(`f${(self.level + 1) % 2}`);
  const toggle = event => {
    if (event.key && event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    event.stopPropagation();
    if (getSelection().toString()) return;
    fold(self, one, !one.inner);
  };
  one.element.addEventListener("click", toggle);
  one.element.addEventListener("keydown", toggle);
  if (one.element.dataset.open || self.level < DEPTH) fold(self, one, true);
}

function fold(self, one, open) {
  const frame = one.element.querySelector(".unfolded"), face = one.element.querySelector(".folded");
  if (open === Boolean(one.inner)) return;
  if (one.inner) one.inner.group.remove();
  [one.wide, one.high, one.inner] = [one.width, one.height, null];
  face.setAttribute("display", open ? "none" : "inline");
  frame.setAttribute("display", open ? "inline" : "none");
  one.element.setAttribute("aria-expanded", String(open));
  if (open) {
    let ready = false;
    const inner = view(one.element.dataset.net, self.level + 1, changed => {
      enclose(one, frame, changed);
      if (ready) arrange(self);
    });
    ready = true;
    one.inner = inner;
    frame.append(inner.group);
  }
  if (self.nodes) arrange(self);
}

// The frame of an open block around its inside.
function enclose(one, frame, inner) {
  one.wide = Math.max(inner.size[0] + 2 * INSIDE, one.width);
  one.high = HEAD + inner.size[1] + INSIDE;
  inner.group.setAttribute("transform", place((one.wide - inner.size[0]) / 2, HEAD));
  for (const part of frame.children) {
    if (part.matches("rect")) {
      part.setAttribute("width", one.wide.toFixed(1));
      part.setAttribute("height", one.high.toFixed(1));
    } else if (part.getAttribute("text-anchor") === "end") {
      part.setAttribute("x", (one.wide - 14).toFixed(1));
    }
  }
}

function everything(self, open) {
  for (const one of self.nodes) {
    if (one.inner && !open) everything(one.inner, open);
    if (one.element.dataset.net) fold(self, one, open);
    if (one.inner && open) everything(one.inner, open);
  }
}

const views = [...document.querySelectorAll("svg[data-net]")].map(svg => {
  const self = view(svg.dataset.net, 0, changed => {
    const [width, height] = changed.size.map(side => Math.ceil(side) + 12);
    svg.setAttribute("viewBox", `-6 -6 ${width} ${height}`);
    svg.setAttribute("width", width);
    svg.setAttribute("height", height);
  });
  svg.querySelector(".drawing").replaceWith(self.group);
  return self;
});
document.getElementById("unfold").addEventListener("click", () => views.forEach(self => everything(self, true)));
document.getElementById("fold").addEventListener("click", () => views.forEach(self => everything(self, false)));
document.getElementById("folding").hidden = !document.querySelector(".block");

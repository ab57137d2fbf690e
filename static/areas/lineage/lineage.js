// The picture of a lineage: details in the drawer, the path of what is selected, keys, zoom. Nothing is laid out here.

const frame = document.getElementById("lineage");

const start = () => {
  const canvas = frame.querySelector(".graph-canvas");
  const svg = frame.querySelector("svg.graph");
  const drawer = document.getElementById("lineage-drawer");
  const boxes = new Map([...svg.querySelectorAll("a[data-box]")].map((node) => [node.dataset.box, node]));
  const lines = [...svg.querySelectorAll("[data-source]")];
  const [width, height] = [svg.width.baseVal.value, svg.height.baseVal.value];

  const reach = (from, near, far) => {
    const found = new Set([from]);
    const next = [from];
    while (next.length) {
      const here = next.pop();
      for (const line of lines) {
        if (line.dataset[near] === here && !found.has(line.dataset[far])) {
          found.add(line.dataset[far]);
          next.push(line.dataset[far]);
        }
      }
    }
    return found;
  };

  const highlight = (box) => {
    const before = reach(box, "target", "source");
    const after = reach(box, "source", "target");
    for (const [name, node] of boxes) {
      node.classList.toggle("on-path", before.has(name) || after.has(name));
      if (name === box) node.setAttribute("aria-current", "true");
      else node.removeAttribute("aria-current");
    }
    for (const line of lines) {
      const { source, target } = line.dataset;
      line.classList.toggle("on-path", (before.has(source) && before.has(target)) || (after.has(source) && after.has(target)));
    }
  };

  const select = (node) => {
    highlight(node.dataset.box);
    delete frame.dataset.closed;
    const address = new URL(node.href);
    history.replaceState(null, "", address);
    htmx.ajax("GET", node.dataset.node + address.search, { target: drawer, swap: "innerHTML" });
  };

  svg.addEventListener("click", (event) => {
    const node = event.target.closest("a[data-node]");
    if (!node || event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
    event.preventDefault();
    select(node);
  });

  drawer.addEventListener("click", (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    const close = event.target.closest("[data-close]");
    const go = event.target.closest("[data-go]");
    const node = go && boxes.get(go.dataset.go);
    if (close) {
      event.preventDefault();
      frame.dataset.closed = "";
      history.replaceState(null, "", close.href);
      svg.querySelector("[aria-current]")?.focus();
    } else if (node?.dataset.node) {
      event.preventDefault();
      select(node);
      node.focus();
    }
  });

  // Arrow keys: left and right along the associations, up and down within a column.
  const middle = (node) => {
    const place = node.parentElement;
    return { x: place.x.baseVal.value, y: place.y.baseVal.value };
  };
  const nearest = (node, others) => others
    .filter(Boolean)
    .sort((a, b) => Math.abs(middle(a).y - middle(node).y) - Math.abs(middle(b).y - middle(node).y))[0];
  svg.addEventListener("keydown", (event) => {
    const node = event.target.closest("a[data-box]");
    if (!node) return;
    const along = (near, far) => nearest(node, lines.filter((line) => line.dataset[near] === node.dataset.box)
      .map((line) => boxes.get(line.dataset[far])));
    const beside = (sign) => nearest(node, [...boxes.values()].filter((other) =>
      middle(other).x === middle(node).x && (middle(other).y - middle(node).y) * sign > 0));
    const next = {
      ArrowLeft: () => along("target", "source"), ArrowRight: () => along("source", "target"),
      ArrowUp: () => beside(-1), ArrowDown: () => beside(1),
    }[event.key]?.();
    if (!next) return;
    event.preventDefault();
    next.focus();
    next.scrollIntoView({ block: "nearest", inline: "nearest" });
  });

  let scale = 1;
  const zoom = (to) => {
    scale = Math.min(2, Math.max(0.25, to));
    svg.setAttribute("width", width * scale);
    svg.setAttribute("height", height * scale);
    frame.querySelector('[data-zoom="reset"]').textContent = `${Math.round(scale * 100)} %`;
  };
  frame.querySelector(".canvas-tools").addEventListener("click", (event) => {
    const button = event.target.closest("[data-zoom]");
    if (!button) return;
    const fit = Math.min(1, canvas.clientWidth / width, (canvas.clientHeight - 60) / height);
    zoom({ in: scale * 1.25, out: scale / 1.25, reset: 1, fit }[button.dataset.zoom]);
  });

  const current = svg.querySelector("a[aria-current]") || svg.querySelector("a[data-start]");
  if (current) {
    highlight(current.dataset.box);
    const { x, y } = middle(current);
    canvas.scrollLeft = x - canvas.clientWidth / 2 + 86;
    canvas.scrollTop = y - canvas.clientHeight / 2;
  }
};

if (frame) start();

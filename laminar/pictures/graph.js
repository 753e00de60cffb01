// Pan, zoom, search and details of each picture on the page. Texts are set as text, never as markup.
"use strict";
for (const graph of document.querySelectorAll(".graph")) {
  const find = (selector) => graph.querySelector(selector);
  const boxes = JSON.parse(find("script.boxes").textContent);
  const view = find(".view"), svg = find("svg.diagram"), panel = find(".panel"), search = find(".search"), count = find(".count");
  const shapes = new Map([...svg.querySelectorAll(".box")].map((shape) => [shape.id, shape]));
  const size = { width: svg.width.baseVal.value, height: svg.height.baseVal.value };
  let scale = 1, x = 0, y = 0, chosen = null, hits = [], hit = -1;

  const place = () => { svg.style.transform = `translate(${x}px,${y}px) scale(${scale})`; };
  const zoom = (factor, px = view.clientWidth / 2, py = view.clientHeight / 2) => {
    const next = Math.min(4, Math.max(0.02, scale * factor));
    x = px - (px - x) * next / scale;
    y = py - (py - y) * next / scale;
    scale = next;
    place();
  };
  const fit = () => {
    scale = Math.min(1, view.clientWidth / size.width, Math.max(view.clientHeight / size.height, 0.02));
    x = Math.max(0, (view.clientWidth - size.width * scale) / 2);
    y = Math.max(0, (view.clientHeight - size.height * scale) / 2);
    place();
  };
  const centre = (shape) => {
    if (scale < 0.6) { scale = 0.9; place(); }
    const outer = view.getBoundingClientRect(), inner = shape.getBoundingClientRect();
    x += outer.left + outer.width / 2 - (inner.left + inner.width / 2);
    y += outer.top + outer.height / 2 - (inner.top + inner.height / 2);
    place();
  };

  const open = () => {
    fit();
    if (scale >= 0.45) return;
    scale = 0.8; // a large picture is readable at first, from its first box on
    place();
    const outer = view.getBoundingClientRect(), inner = shapes.values().next().value.getBoundingClientRect();
    x = Math.min(0, Math.max(view.clientWidth - size.width * scale, outer.left + outer.width / 2 - inner.left - inner.width / 2));
    if (size.width * scale < view.clientWidth) x = (view.clientWidth - size.width * scale) / 2;
    y = Math.min(0, Math.max(view.clientHeight - size.height * scale, y + outer.top + outer.height / 3 - inner.top));
    if (size.height * scale < view.clientHeight) y = (view.clientHeight - size.height * scale) / 2;
    place();
  };

  // details
  const add = (parent, tag, text, kind) => {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    if (kind) made.className = kind;
    parent.append(made);
    return made;
  };
  const names = (title, keys) => {
    if (!keys.length) return;
    add(panel, "h3", title);
    const list = add(panel, "div", undefined, "names");
    for (const key of keys) add(list, "button", boxes[key].name).addEventListener("click", () => { choose(key); centre(shapes.get(key)); });
  };
  const close = () => {
    for (const shape of svg.querySelectorAll(".chosen")) shape.classList.remove("chosen");
    chosen = null;
    panel.hidden = true;
  };
  const choose = (key) => {
    close();
    const box = boxes[key], shape = shapes.get(key), node = shape.dataset.node;
    chosen = key;
    shape.classList.add("chosen");
    for (const edge of svg.querySelectorAll(".edge")) {
      if (edge.dataset.from === node || edge.dataset.to === node) edge.classList.add("chosen");
    }
    panel.replaceChildren();
    panel.hidden = false;
    panel.scrollTop = 0;
    add(panel, "button", "Close", "close").addEventListener("click", close);
    add(panel, "h2", box.name);
    add(panel, "div", [box.flow, box.where].filter(Boolean).join(", "), "quiet");
    if (box.about) add(panel, "p", box.about, "about");
    for (const [title, rows] of box.details) {
      if (title === "reads") continue;
      add(panel, "h3", title);
      const table = add(panel, "table");
      for (const [name, text] of rows) {
        const row = add(table, "tr");
        add(row, "th", name);
        add(row, "td", text);
      }
    }
    names("reads", box.reads);
    names("read by", box.readers);
    for (const [title, text] of [["source", box.source], ["YAML", box.yaml]]) {
      if (!text) continue;
      add(panel, "h3", title);
      add(panel, "pre", text, title.toLowerCase());
    }
  };

  // search
  const look = () => {
    const words = search.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    hits = [];
    hit = -1;
    for (const [key, shape] of shapes) {
      const found = words.length > 0 && words.every((word) => boxes[key].words.includes(word));
      shape.classList.toggle("found", found);
      shape.classList.remove("current");
      if (found) hits.push(key);
    }
    svg.classList.toggle("searching", words.length > 0);
    count.textContent = words.length ? `${hits.length} found` : "";
  };
  const next = (step) => {
    if (!hits.length) return;
    if (hit >= 0) shapes.get(hits[hit]).classList.remove("current");
    hit = (hit + step + hits.length) % hits.length;
    shapes.get(hits[hit]).classList.add("current");
    centre(shapes.get(hits[hit]));
    count.textContent = `${hit + 1} of ${hits.length}`;
  };
  search.addEventListener("input", look);
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter") { next(event.shiftKey ? -1 : 1); event.preventDefault(); }
    if (event.key === "Escape") { search.value = ""; look(); search.blur(); }
  });

  // pointer
  const pointers = new Map();
  let moved = 0;
  view.addEventListener("wheel", (event) => {
    event.preventDefault();
    const frame = view.getBoundingClientRect();
    zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0015)), event.clientX - frame.left, event.clientY - frame.top);
  }, { passive: false });
  view.addEventListener("pointerdown", (event) => { pointers.set(event.pointerId, event); if (pointers.size === 1) moved = 0; });
  addEventListener("pointermove", (event) => {
    const before = pointers.get(event.pointerId);
    if (!before) return;
    const dx = event.clientX - before.clientX, dy = event.clientY - before.clientY;
    if (pointers.size === 2) {
      const other = [...pointers.values()].find((one) => one.pointerId !== event.pointerId), frame = view.getBoundingClientRect();
      const far = (one) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY) || 1;
      zoom(far(event) / far(before), (event.clientX + other.clientX) / 2 - frame.left, (event.clientY + other.clientY) / 2 - frame.top);
    } else {
      x += dx;
      y += dy;
      place();
    }
    moved += Math.abs(dx) + Math.abs(dy);
    view.classList.toggle("moving", moved > 4);
    pointers.set(event.pointerId, event);
  });
  const up = (event) => { pointers.delete(event.pointerId); view.classList.remove("moving"); };
  addEventListener("pointerup", up);
  addEventListener("pointercancel", up);
  for (const [key, shape] of shapes) {
    shape.setAttribute("tabindex", "0");
    shape.setAttribute("role", "button");
    shape.addEventListener("click", () => { if (moved <= 4) choose(key); });
    shape.addEventListener("keydown", (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); choose(key); } });
  }

  // buttons and keys
  find(".in").addEventListener("click", () => zoom(1.3));
  find(".out").addEventListener("click", () => zoom(1 / 1.3));
  find(".fit").addEventListener("click", fit);
  addEventListener("keydown", (event) => {
    if (event.target instanceof HTMLInputElement || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/") { event.preventDefault(); search.focus(); }
    else if (event.key === "+") zoom(1.3);
    else if (event.key === "-") zoom(1 / 1.3);
    else if (event.key === "0") fit();
    else if (event.key === "Escape") close();
  });
  open();
  const wanted = location.hash.slice(1);
  if (shapes.has(wanted)) { choose(wanted); centre(shapes.get(wanted)); }
}
for (const button of document.querySelectorAll(".theme")) {
  button.addEventListener("click", () => {
    const root = document.documentElement;
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme:dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
  });
}

"use strict";
(() => {
  // Dark or light: the system's choice until the reader makes another.
  const root = document.documentElement;
  const button = document.getElementById("theme");
  const system = matchMedia("(prefers-color-scheme: dark)");
  const stored = {
    // A page opened as a file may have no storage.
    get() { try { return localStorage.getItem("theme"); } catch { return null; } },
    set(value) { try { localStorage.setItem("theme", value); } catch { /* only this visit */ } },
  };
  const current = () => root.dataset.theme || (system.matches ? "dark" : "light");
  const label = () => {
    const other = current() === "dark" ? "light" : "dark";
    button.textContent = other === "dark" ? "Dark" : "Light";
    button.setAttribute("aria-label", `Switch to the ${other} page`);
  };
  if (stored.get()) root.dataset.theme = stored.get();
  button.hidden = false;
  button.addEventListener("click", () => {
    root.dataset.theme = current() === "dark" ? "light" : "dark";
    stored.set(root.dataset.theme);
    label();
  });
  system.addEventListener("change", label);
  label();

  // Tables: the head of a column sorts by it, numbers by size, what is missing last.
  const number = (text) => {
    const hit = /^[+\-−<>]?\s*[\d,]*\.?\d+(e[+-]?\d+)?/i.exec(text);
    return hit ? parseFloat(hit[0].replace(/[,+<>\s]/g, "").replace("−", "-")) : NaN;
  };
  const missing = (text) => text === "" || text === "–";
  const sort = (table, column, ascending) => {
    const rows = [...table.tBodies[0].rows];
    const keys = new Map(rows.map((row) => [row, row.cells[column].textContent.trim()]));
    const present = [...keys.values()].filter((text) => !missing(text));
    const numeric = present.every((text) => !Number.isNaN(number(text)));
    const sign = ascending ? 1 : -1;
    rows.sort((a, b) => {
      const [x, y] = [keys.get(a), keys.get(b)];
      if (missing(x) || missing(y)) return missing(x) - missing(y);
      if (numeric) return sign * (number(x) - number(y));
      return sign * x.localeCompare(y, "en", { numeric: true });
    });
    table.tBodies[0].append(...rows);
  };
  for (const table of document.querySelectorAll("table.sortable")) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      const control = document.createElement("button");
      control.type = "button";
      control.append(...head.childNodes);
      head.append(control);
      head.setAttribute("aria-sort", "none");
      control.addEventListener("click", () => {
        const ascending = head.getAttribute("aria-sort") !== "ascending";
        for (const each of heads) each.setAttribute("aria-sort", "none");
        head.setAttribute("aria-sort", ascending ? "ascending" : "descending");
        sort(table, column, ascending);
      });
    });
  }

  // What is wider than the page scrolls by itself, and says so.
  const look = (box) => {
    const over = box.scrollWidth - box.clientWidth;
    box.classList.toggle("more-left", over > 1 && box.scrollLeft > 1);
    box.classList.toggle("more-right", over > 1 && box.scrollLeft < over - 1);
    box.nextElementSibling.hidden = over <= 1;
  };
  const resized = new ResizeObserver((entries) => entries.forEach((entry) => look(entry.target)));
  for (const box of document.querySelectorAll(".scroll")) {
    const hint = document.createElement("p");
    hint.className = "hint";
    hint.textContent = "Wider than the page: scroll sideways \u2194";
    hint.setAttribute("aria-hidden", "true");
    box.after(hint);
    box.addEventListener("scroll", () => look(box), { passive: true });
    resized.observe(box);
  }

  // Claims: by verdict and by words.
  const form = document.getElementById("claims-filter");
  if (!form) return;
  const rows = [...document.getElementById("claims-table").tBodies[0].rows];
  const show = () => {
    const verdict = form.elements.verdict.value;
    const words = form.elements.words.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      const fits = (!verdict || row.dataset.verdict === verdict) && words.every((w) => text.includes(w));
      row.hidden = !fits;
      shown += fits;
    }
    document.getElementById("claims-shown").textContent = `${shown} of ${rows.length} claims shown`;
  };
  form.hidden = false;
  form.addEventListener("input", show);
  form.addEventListener("submit", (event) => event.preventDefault());
  show();
})();

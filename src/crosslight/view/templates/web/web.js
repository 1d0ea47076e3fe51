// The viewer's one script: how photos are shown, keys, and the handles of a range. Every page works
// without it; nothing here writes but the review form.
"use strict";
const page = document.documentElement;
const kept = (name, value) => {
  try {
    if (value === undefined) return localStorage.getItem(name) || "";
    localStorage.setItem(name, value);
  } catch { /* a browser that keeps nothing */ }
  return "";
};

const care = document.getElementById("care");
const setCare = (how) => {
  for (const other of ["sensitive", "blurred", "grey", "shown"]) page.classList.toggle(`care-${other}`, other === how);
};
if (care) {
  care.value = kept("care") || "sensitive";
  if (!care.value) care.value = "sensitive";
  setCare(care.value);
  care.addEventListener("change", () => { kept("care", care.value); setCare(care.value); });
}

const form = document.querySelector("form.review");
const reveal = (pic) => {
  const seen = pic.classList.toggle("seen");
  const button = pic.querySelector(".veil");
  if (button) button.setAttribute("aria-pressed", String(seen));
  if (form && seen) form.elements.shown.value = "yes";
};
for (const button of document.querySelectorAll(".veil")) {
  button.addEventListener("click", () => reveal(button.closest(".pic")));
}

if (form) {
  const by = form.elements.by;
  by.value = kept("reviewer");
  form.addEventListener("submit", () => kept("reviewer", by.value));
}

for (const range of document.querySelectorAll("form.range")) {
  const low = Number(range.dataset.low), high = Number(range.dataset.high);
  const [from, to] = range.querySelectorAll("input[type=number]");
  const place = document.createElement("div");
  place.className = "handles";
  const handles = [from, to].map((field, at) => {
    const handle = document.createElement("input");
    Object.assign(handle, { type: "range", min: low, max: high, step: (high - low) / 200 || 1 });
    handle.value = field.value === "" ? (at ? high : low) : field.value;
    handle.setAttribute("aria-label", at ? "highest" : "lowest");
    handle.addEventListener("input", () => { field.value = handle.value; });
    handle.addEventListener("change", () => range.requestSubmit());
    place.append(handle);
    return handle;
  });
  range.querySelector("svg").after(place);
  void handles;
}

const drawer = document.querySelector(".drawer");
if (drawer && window.matchMedia("(max-width: 760px)").matches) drawer.open = false;

const KEYS = [["j / k", "next, previous"], ["Enter", "open the row"], ["v", "show or hide the photo"],
  ["a r s", "accept, reject, skip"], ["u", "undo"], ["e", "write a reason"], ["/", "search"], ["?", "these keys"]];
const help = () => {
  let box = document.querySelector("dialog");
  if (!box) {
    box = document.createElement("dialog");
    const list = document.createElement("dl");
    for (const [key, what] of KEYS) {
      const name = document.createElement("dt"), told = document.createElement("dd"), cap = document.createElement("kbd");
      cap.textContent = key; name.append(cap); told.textContent = what; list.append(name, told);
    }
    box.setAttribute("aria-label", "Keys"); box.append(list); document.body.append(box);
  }
  if (box.open) box.close(); else box.showModal();
};
const cards = [...document.querySelectorAll(".grid .open")];
const step = (by) => {
  if (cards.length) {
    const at = cards.indexOf(document.activeElement);
    const next = cards[Math.min(cards.length - 1, Math.max(0, at + by))];
    if (next) next.focus();
  } else {
    const link = document.querySelector(by > 0 ? "a[rel=next]" : "a[rel=prev]");
    if (link) link.click();
  }
};
document.addEventListener("keydown", (event) => {
  const field = event.target.closest && event.target.closest("input, select, textarea");
  if (event.key === "Escape" && field) { field.blur(); return; }
  if (field || event.ctrlKey || event.metaKey || event.altKey) return;
  const key = event.key;
  const verdict = form && form.querySelector(`button[data-key="${CSS.escape(key)}"]`);
  if (key === "?") help();
  else if (key === "j") step(1);
  else if (key === "k") step(-1);
  else if (key === "/") { const box = document.querySelector("input[type=search]"); if (!box) return; box.focus(); }
  else if (key === "v") { const near = document.activeElement.closest(".card"); const pic = (near || document).querySelector(".pic"); if (pic) reveal(pic); }
  else if (key === "e" && form) form.elements.reason.focus();
  else if (verdict) { if (form.elements.by.value) verdict.click(); else form.elements.by.focus(); }
  else return;
  event.preventDefault();
});

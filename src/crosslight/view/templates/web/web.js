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

const WAYS = ["hidden", "sensitive", "blurred", "grey", "shown"];
const care = document.getElementById("care");
const load = (pic) => {
  const image = pic.querySelector("img[data-src]");
  if (image) { image.src = image.dataset.src; delete image.dataset.src; }
  pic.classList.remove("later");
};
if (care) {
  care.addEventListener("change", () => {
    document.cookie = `crosslight-care=${care.value}; path=/; max-age=31536000; SameSite=Strict`;
    for (const way of WAYS) page.classList.toggle(`care-${way}`, way === care.value);
    if (care.value === "hidden" || care.value === "blurred") location.reload();
    else document.querySelectorAll(".pic.later").forEach(load);
  });
  const here = document.querySelector(".care a");
  if (here) here.href = `/care?back=${encodeURIComponent(location.pathname + location.search)}`;
}

// How many sensitive photos were opened today, in this browser.
const day = `seen-${new Date().toISOString().slice(0, 10)}`;
const counter = document.getElementById("seen");
const tell = () => {
  const seen = Number(kept(day)) || 0, limit = counter ? Number(counter.dataset.limit) : 0;
  if (counter) counter.textContent = seen ? `opened today: ${seen}` : "";
  const enough = document.getElementById("enough");
  if (!enough || !limit || seen < limit) return;
  enough.textContent = `You have opened ${seen} photos today; you set ${limit} as enough. A break helps. Nothing is locked.`;
  enough.hidden = false;
};
tell();

const form = document.querySelector("form.review");
const reveal = (pic) => {
  const button = pic.querySelector(".veil");
  if (!button) return;
  const seen = !pic.classList.contains("seen");
  for (const other of document.querySelectorAll(".pic.seen")) mark(other, false);  // one at a time
  if (!seen) return;
  load(pic);
  mark(pic, true);
  if (form) form.elements.shown.value = "yes";
  kept(day, String((Number(kept(day)) || 0) + 1));
  tell();
};
const mark = (pic, seen) => {
  const button = pic.querySelector(".veil");
  pic.classList.toggle("seen", seen);
  button.setAttribute("aria-pressed", String(seen));
  button.textContent = button.textContent.replace(/(show|hide)$/, seen ? "hide" : "show");
};
for (const button of document.querySelectorAll(".veil")) {
  button.addEventListener("click", () => reveal(button.closest(".pic")));
}
if (form) {
  form.addEventListener("submit", (event) => {  // a key that is held down is one review
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
  window.addEventListener("pageshow", () => { delete form.dataset.sent; });
  // What was seen counts as seen, however it was chosen to be shown.
  const open = [...document.querySelectorAll(".row .pic img[src]")].some((image) => !image.closest(".sensitive") || page.classList.contains("care-shown"));
  if (open) form.elements.shown.value = "yes";
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
  ["a r s", "accept, reject, skip"], ["u", "undo, also from the next row"], ["1 2", "label safe, unsafe"], ["e", "edit the words"], ["w", "write a reason"], ["n", "next not reviewed"], ["/", "search"], ["?", "these keys"]];
if (document.querySelector(".marks")) KEYS[5] = ["0 to 9, t", "grade it; t: ten"];
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
  // Grades stand beside the form, as buttons of it.
  const verdict = form && [...form.elements].find((one) => one.dataset.key === key);
  if (key === "?") help();
  else if (key === "j") step(1);
  else if (key === "k") step(-1);
  else if (key === "/") { const box = document.querySelector("input[type=search]"); if (!box) return; box.focus(); }
  else if (key === "v") { const near = document.activeElement.closest(".card"); const pic = (near || document).querySelector(".pic"); if (pic) reveal(pic); }
  else if (key === "w" && form) form.elements.reason.focus();
  else if (key === "e" && document.querySelector("details.edit")) {
    const box = document.querySelector("details.edit"); box.open = true; box.querySelector("textarea").focus();
  } else if (key === "n") {
    const onward = document.querySelector("a.onward, .onward a");
    if (!onward) return;
    onward.click();
  }
  else if (verdict) { if (form.elements.by.value) verdict.click(); else form.elements.by.focus(); }
  else return;
  event.preventDefault();
});

// A choice of order or group needs no button.
for (const order of document.querySelectorAll(".bar2 form.order")) {
  order.classList.add("quick");
  for (const list of order.querySelectorAll("select")) list.addEventListener("change", () => order.requestSubmit());
}

const live = document.getElementById("live");
if (live) {
  // A browser has six connections to a server: a tab that nobody looks at must hold none of them.
  let heard = null, over = false;
  const leave = () => { heard?.close(); heard = null; };
  const listen = () => {
    if (over || document.hidden) return leave();
    if (heard) return;
    heard = new EventSource(live.dataset.events);
    heard.addEventListener("progress", (event) => { live.textContent = `This run is going on. ${JSON.parse(event.data).said}`; });
    heard.addEventListener("ended", () => { over = true; leave(); location.reload(); });
  };
  document.addEventListener("visibilitychange", listen);
  addEventListener("pagehide", leave);
  addEventListener("pageshow", listen);
  listen();
}

const reading = document.getElementById("reading");
if (reading) fetch(location.href).then(() => location.reload(), () => { reading.textContent = reading.dataset.failed; });

for (const form of document.querySelectorAll("form[data-auto]")) {
  form.addEventListener("input", (event) => {
    const told = event.target.closest("label")?.querySelector("output");
    if (told) told.textContent = event.target.value;
  });
  form.addEventListener("change", () => form.requestSubmit());
}

(() => {
  "use strict";
  // What is chosen holds for this page. The browser is asked to keep it for other pages; one that
  // keeps nothing for a page out of a file, or that is told not to, asks again next time.
  const kept = (name, value) => {
    try {
      if (value === undefined) return localStorage.getItem(name);
      localStorage.setItem(name, value);
    } catch { /* not kept */ }
    return null;
  };
  const care = document.getElementById("care");
  if (care) {
    const said = kept("care");
    if ([...care.options].some((option) => option.value === said)) care.value = said;
    care.addEventListener("change", () => kept("care", care.value));
  }

  // Categories that somebody does not want to see: words and pictures of the page, by choice.
  const marked = [...document.querySelectorAll("[data-care]")].map((node) => ({ node, of: node.dataset.care.split("|").filter(Boolean) }));
  const names = [...new Set(marked.flatMap((one) => one.of))].sort();
  const wishes = document.getElementById("wishes");
  if (wishes && names.length) {
    let unwanted = new Set();
    try { unwanted = new Set(JSON.parse(kept("unwanted") || "[]").map(String)); } catch { /* none */ }
    const apply = () => {
      for (const { node, of } of marked) node.classList.toggle("unwanted", of.some((name) => unwanted.has(name)));
    };
    const list = document.createElement("fieldset"), legend = document.createElement("legend");
    legend.textContent = "Do not show me";
    list.append(legend);
    for (const name of names) {
      const label = document.createElement("label"), tick = document.createElement("input");
      Object.assign(tick, { type: "checkbox", checked: unwanted.has(name) });
      tick.addEventListener("change", () => {
        if (tick.checked) unwanted.add(name); else unwanted.delete(name);
        kept("unwanted", JSON.stringify([...unwanted]));
        apply();
      });
      label.append(tick, " ", name.replaceAll("_", " "));
      label.dir = "auto";
      list.append(label);
    }
    wishes.append(list);
    wishes.hidden = false;
    apply();
  }

  // The rest of a long list is folded: a filter, a link to one of it and the printer open it.
  const rests = [...document.querySelectorAll("details.rest")];
  const open = () => { for (const rest of rests) rest.open = true; };
  const filters = document.getElementById("filters");
  if (filters) filters.addEventListener("input", open);
  addEventListener("beforeprint", open);
  const lead = () => {
    const target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    const rest = target && target.closest("details.rest");
    if (rest && !rest.open) { rest.open = true; target.scrollIntoView(); }
  };
  addEventListener("hashchange", lead);
  lead();
})();

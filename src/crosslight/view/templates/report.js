(() => {
  "use strict";
  const form = document.getElementById("filters");
  if (!form) return;
  const families = [...document.querySelectorAll(".family")].map((node) => ({
    node,
    rows: [...node.querySelectorAll("[data-kind]")],
    text: node.textContent.toLowerCase(),
  }));
  const shots = [...document.querySelectorAll(".shot")];
  const count = document.getElementById("count");
  const empty = document.getElementById("nothing");
  const apply = () => {
    const wanted = new FormData(form);
    const words = wanted.get("search").toLowerCase().split(/\s+/).filter(Boolean);
    const kind = wanted.get("kind");
    let rows = 0;
    for (const family of families) {
      const data = family.node.dataset;
      const fits =
        (!wanted.get("scenario") || data.scenario === wanted.get("scenario")) &&
        (!wanted.get("category") || data.category === wanted.get("category")) &&
        words.every((word) => family.text.includes(word));
      let kept = 0;
      for (const row of family.rows) {
        row.hidden = Boolean(kind) && row.dataset.kind !== kind;
        if (!row.hidden) kept += 1;
      }
      family.node.hidden = !fits || kept === 0;
      if (!family.node.hidden) rows += kept;
    }
    for (const shot of shots) shot.hidden = !shot.querySelector(".family:not([hidden])");
    count.textContent = rows === 1 ? "1 row" : rows + " rows";
    empty.hidden = rows > 0;
  };
  form.hidden = false;
  form.addEventListener("input", apply);
  form.addEventListener("reset", () => setTimeout(apply));
  form.addEventListener("submit", (event) => event.preventDefault());
  apply();
})();

(() => {
  "use strict";
  const form = document.getElementById("filters");
  if (!form) return;
  const cards = [...document.querySelectorAll("[data-card]")].map((node) => ({
    node,
    text: node.textContent.toLowerCase(),
  }));
  const count = document.getElementById("count");
  const empty = document.getElementById("nothing");
  const one = form.dataset.one;
  const apply = () => {
    let shown = 0;
    const wanted = [...new FormData(form)];
    for (const card of cards) {
      const fits = wanted.every(([name, value]) => {
        if (!value) return true;
        if (name !== "search") return (card.node.dataset[name] || "").split(" ").includes(value);
        return value.toLowerCase().split(/\s+/).every((word) => card.text.includes(word));
      });
      card.node.hidden = !fits;
      if (fits) shown += 1;
    }
    count.textContent = shown === 1 ? `1 ${one}` : `${shown} ${one}s`;
    empty.hidden = shown > 0;
  };
  form.hidden = false;
  form.addEventListener("input", apply);
  form.addEventListener("reset", () => setTimeout(apply));
  form.addEventListener("submit", (event) => event.preventDefault());
  // A cell of the matrix leads to a card that a filter may have hidden.
  addEventListener("hashchange", () => {
    const target = document.getElementById(location.hash.slice(1));
    if (target && target.hidden) { form.reset(); setTimeout(() => target.scrollIntoView()); }
  });
  apply();
})();

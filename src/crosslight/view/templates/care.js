(() => {
  "use strict";
  const care = document.getElementById("care");
  if (!care) return;
  // A page out of a file may have no storage: the choice then holds for this page alone.
  try {
    const kept = localStorage.getItem("care");
    if ([...care.options].some((option) => option.value === kept)) care.value = kept;
    care.addEventListener("change", () => localStorage.setItem("care", care.value));
  } catch { /* not kept */ }
})();

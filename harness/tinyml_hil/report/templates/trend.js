"use strict";

// The filter: what is of another model, device or branch is hidden.
const filters = document.querySelector(".filters");
if (filters) {
  const chosen = [...filters.querySelectorAll("select")];
  const all = [...document.querySelectorAll("[data-model]")];
  const show = () => {
    for (const one of all)
      one.hidden = chosen.some(({ name, value }) => value !== "*" && one.dataset[name] !== value);
    const shown = all.filter((one) => !one.hidden).length;
    filters.querySelector("output").value = shown < all.length ? `${shown} of ${all.length}` : "";
  };
  filters.addEventListener("change", show);
  filters.hidden = false;
  show();
}

// What is pointed at in a chart is said below it, where a finger does not cover it.
document.addEventListener("pointerover", ({ target }) => {
  const dot = target.closest("figure a");
  if (dot) dot.closest("figure").querySelector("output").value = dot.firstChild.textContent;
});

"use strict";

// The gallery's filter: by what differs, and by label. The first ones that fit are shown at once,
// the rest on demand.
const FIRST = 24;
for (const gallery of document.querySelectorAll("#gallery:has(.filters)")) {
  const filters = gallery.querySelector(".filters");
  const [kind, label] = filters.querySelectorAll("select");
  const shown = filters.querySelector("output");
  const all = gallery.querySelector("button");
  const pictures = [...gallery.querySelectorAll("article")];

  const show = (most) => {
    const fitting = pictures.filter(
      ({ dataset }) =>
        (!kind.value || dataset.kinds.split(" ").includes(kind.value)) &&
        (!label.value || dataset.label === label.value),
    );
    const seen = new Set(fitting.slice(0, most));
    for (const picture of pictures) picture.hidden = !seen.has(picture);
    shown.value = `${seen.size} of ${fitting.length}`;
    all.hidden = seen.size === fitting.length;
    all.textContent = `show all ${fitting.length}`;
  };
  filters.addEventListener("change", () => show(FIRST));
  all.addEventListener("click", () => show(Infinity));
  filters.hidden = false;
  show(FIRST);
}

// The transcripts' search: only the lines that hold the text, whatever its case.
for (const filters of document.querySelectorAll("#transcript .filters")) {
  const wanted = filters.querySelector("input");
  const shown = filters.querySelector("output");
  const transcripts = [...document.querySelectorAll(".transcript")].map((element) => ({
    element,
    text: element.textContent,
    lines: element.textContent.split("\n"),
  }));

  const marked = (line, text) => {
    const at = line.toLowerCase().indexOf(text);
    const mark = document.createElement("mark");
    mark.textContent = line.slice(at, at + text.length);
    return [line.slice(0, at), mark, line.slice(at + text.length) + "\n"];
  };
  const search = () => {
    const text = wanted.value.toLowerCase();
    let count = 0;
    for (const { element, text: whole, lines } of transcripts) {
      if (!text) {
        element.textContent = whole;
        continue;
      }
      const found = lines.filter((line) => line.toLowerCase().includes(text));
      element.replaceChildren(...found.flatMap((line) => marked(line, text)));
      count += found.length;
    }
    shown.value = text ? `${count} ${count === 1 ? "line" : "lines"}` : "";
  };
  wanted.addEventListener("input", search);
  filters.hidden = false;
}

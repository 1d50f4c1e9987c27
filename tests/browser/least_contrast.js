// The text with the least contrast to what is behind it, as WCAG 2.2 defines contrast.
() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const over = (color, below, opacity = 1) => {
    canvas.globalAlpha = 1;
    canvas.fillStyle = `rgb(${below.join(" ")})`;
    canvas.fillRect(0, 0, 1, 1);
    canvas.globalAlpha = opacity;
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const behind = (element) => {
    const below = element.parentElement ? behind(element.parentElement) : [255, 255, 255];
    return over(getComputedStyle(element).backgroundColor, below);
  };
  // What a plot draws where it writes, the lowest first.
  const drawnBehind = (text) => {
    text.scrollIntoView({ behavior: "instant", block: "center", inline: "center" });
    const { x, y, width, height } = text.getBoundingClientRect();
    const there = document.elementsFromPoint(x + width / 2, y + height / 2);
    return there.filter((element) => element.tagName === "path").reverse();
  };
  const behindText = (element) =>
    drawnBehind(element).reduce((below, shape) => {
      const { fill, opacity } = getComputedStyle(shape);
      return fill === "none" ? below : over(fill, below, Number(opacity));
    }, behind(element));
  const luminance = (rgb) => {
    const [r, g, b] = rgb.map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (element) => {
    const isDrawn = element.tagName === "text";
    const back = isDrawn ? behindText(element) : behind(element);
    const { color, fill } = getComputedStyle(element);
    const text = over(isDrawn ? fill : color, back);
    const [high, low] = [luminance(text), luminance(back)].sort((a, b) => b - a);
    return (high + 0.05) / (low + 0.05);
  };
  const hasText = (element) =>
    [...element.childNodes].some((n) => n.nodeType === Node.TEXT_NODE && n.data.trim());
  const texts = [...document.body.querySelectorAll("*:not(svg title):not(script)")];
  const ratios = texts.filter(hasText).map((element) => ({
    text: element.textContent.trim().slice(0, 60),
    place: element.tagName + "." + element.getAttribute("class"),
    ratio: contrast(element),
  }));
  return ratios.reduce((least, one) => (one.ratio < least.ratio ? one : least));
}

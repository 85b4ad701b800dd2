// What the check asks of a page in the browser: links, anchors, text, contrast, boxes wider than the screen, figures to play with
(() => {
  const luminance = ([r, g, b]) => [r, g, b].map((v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, k) => sum + v * [0.2126, 0.7152, 0.0722][k], 0);
  const colour = (text) => text.match(/[\d.]+/g).map(Number);
  const ground = (node) => { for (; node; node = node.parentElement) { const c = colour(getComputedStyle(node).backgroundColor); if (c[3] !== 0) return c; } return [255, 255, 255]; };
  const faint = new Set(), walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || node.closest("script, style, svg, [hidden], .rich, .anchor, .copy") || !node.checkVisibility()) continue;
    const [a, b] = [luminance(colour(getComputedStyle(node).color)), luminance(ground(node))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) faint.add(`${node.tagName}.${node.className} ${walker.currentNode.data.trim().slice(0, 30)}`);
  }
  const text = document.body.cloneNode(true);
  text.querySelectorAll("script, style, math, code, pre").forEach((node) => node.remove());
  const wide = [...document.querySelectorAll("article *")].filter((node) => !node.closest(".scroll, math")
    && node.checkVisibility() && node.getBoundingClientRect().right > innerWidth + 1).map((node) => `${node.tagName}.${node.className}`);
  // An interactive figure replaces its static picture, and its drawing follows each slider
  const stuck = [...document.querySelectorAll(".interactive")].filter((box) => !box.children[0].hidden || [...box.querySelectorAll("input")].some((input) => {
    const move = (value) => { input.value = value; input.dispatchEvent(new Event("input", { bubbles: true })); return box.querySelector("svg").innerHTML; };
    const start = input.value, same = move(input.min) === move(input.max);
    move(start);
    return same || !input.labels[0]?.textContent.trim();
  })).map((box) => box.id);
  return {
    stuck, links: [...document.querySelectorAll("a[href]")].map((a) => a.href), ids: [...document.querySelectorAll("[id]")].map((node) => node.id),
    text: text.textContent, faint: [...faint].slice(0, 5), wide: [...new Set(wide)].slice(0, 5),
    overflow: document.documentElement.scrollWidth > innerWidth, lead: document.querySelector(".lead")?.textContent,
    mute: [...document.querySelectorAll("img")].filter((img) => !img.hasAttribute("alt") || (img.closest("article") && !img.alt) || (img.complete && !img.naturalWidth)).map((img) => img.src),
    bare: [...document.querySelectorAll("figure, article img")].filter((box) => { const figure = box.closest("figure"); return !figure?.querySelector("figcaption") || !figure.querySelector("img, svg, audio, table"); })
      .map((box) => box.id || box.src || box.textContent.trim().slice(0, 40)),
  };
})()

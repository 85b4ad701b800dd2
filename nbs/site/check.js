// What the check asks of a page in the browser. Everything folded is opened first; `folded` says what was closed.
(() => {
  const all = (selector) => [...document.querySelectorAll(selector)], words = (node) => node.textContent.trim().replace(/\s+/g, " ").slice(0, 60);
  const folded = (node) => node.closest("details.fold:not([data-open])");
  all("details.fold").forEach((box) => { if (box.open) box.dataset.open = ""; box.open = true; });
  const cut = (selector) => all(selector).filter((box) => box.scrollWidth > box.clientWidth + 1).map(words);
  const text = document.body.cloneNode(true);
  text.querySelectorAll("script, style, math, code, pre").forEach((node) => node.remove());
  // An interactive figure replaces its static picture, and its drawing follows each of its controls
  const stuck = all(".interactive").filter((box) => !box.children[0].hidden || [...box.querySelectorAll("input, select")].some((input) => {
    const set = (value) => { input.value = value; input.dispatchEvent(new Event("input", { bubbles: true })); return box.querySelector("svg").innerHTML; };
    const values = input.options ? [...input.options].map((option) => option.value) : [input.min, input.max], start = input.value;
    const drawn = new Set(values.map(set));
    set(start);
    return drawn.size < 2 || !input.labels[0]?.textContent.trim();
  })).map((box) => box.id);
  const tests = (box) => /^\s*(assert\b|(assert|test)_\w+\()/m.test(box.textContent) && box.textContent.trim().split("\n").filter((line) => !/^(#|$)/.test(line)).length > 3;
  const found = {
    stuck, text: text.textContent, options: all(".code").filter((box) => /^#\| /m.test(box.textContent)).map(words), lead: document.querySelector(".lead")?.textContent,
    links: all("a[href]").map((a) => a.href), ids: all("[id]").map((node) => node.id),
    wide: document.documentElement.scrollWidth > innerWidth ? all("article *").filter((node) => !node.closest(".scroll, math") && node.checkVisibility()
      && node.getBoundingClientRect().right > innerWidth + 1).map((node) => `${node.tagName}.${node.className}`).slice(0, 5) : null,
    mute: all("img").filter((img) => !img.hasAttribute("alt") || (img.closest("article") && !img.alt) || (img.complete && !img.naturalWidth)).map((img) => img.src),
    bare: all("figure, article img").filter((box) => { const figure = box.closest("figure"); return !figure?.querySelector("figcaption") || !figure.querySelector("img, svg, audio, table"); })
      .map((box) => box.id || box.src || words(box)),
    counts: {
      code: cut(".code.scroll"), outputs: cut(".output.scroll"), tables: all("article table").filter((t) => t.closest(".scroll")?.scrollWidth > t.closest(".scroll")?.clientWidth + 1).map(words),
      figures: cut("figure > .scroll"), tests: all(".code").filter((box) => !folded(box) && tests(box)).map(words),
      signatures: all(".api pre").filter((pre) => /`|\]\(|^def |\(\*args, \*\*kwargs\)/m.test(pre.textContent)).map(words),
    },
    blocks: { code: all(".code.scroll").length, outputs: all(".output.scroll").length, tables: all("article table").length, figures: all("figure").length,
      tests: all(".code").filter(tests).length, signatures: all(".api").length },
  };
  all("details.fold").forEach((box) => { box.open = "open" in box.dataset; });
  return found;
})()

// Search, menu, theme, copying and the list of sections. Without it the pages can still be read.
const $ = (selector, from = document) => from.querySelector(selector), all = (selector) => [...document.querySelectorAll(selector)];

$("#theme").onclick = () => {
  const theme = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  document.documentElement.dataset.theme = theme;
  try { localStorage.theme = theme; } catch { }
};
const menu = (open) => { $("#chapters").classList.toggle("open", open); $("#menu").setAttribute("aria-expanded", open); };
$("#menu").onclick = () => menu(!$("#chapters").classList.contains("open"));

// Boxes that scroll can be reached with the keyboard
for (const box of all(".scroll")) if (box.scrollWidth > box.clientWidth) { box.tabIndex = 0; box.role = "group"; box.ariaLabel = "Scrolls sideways"; }
for (const box of all(".code")) {
  const copy = Object.assign(document.createElement("button"), { className: "copy", textContent: "Copy" });
  copy.onclick = () => navigator.clipboard.writeText($("pre", box).textContent).then(() => { copy.textContent = "Copied"; });
  box.append(copy);
}

const links = all("nav.toc a"), spy = () => {
  const passed = links.filter((a) => document.getElementById(a.hash.slice(1)).getBoundingClientRect().top < 120);
  links.forEach((a) => a.classList.toggle("here", a === passed.at(-1)));
};
if (links.length) { addEventListener("scroll", spy, { passive: true }); spy(); }
const current = $("#chapters [aria-current]");
if (current) $("#chapters").scrollTop = current.offsetTop - innerHeight / 2;

// Search: an entry is [address, page, heading, text]; every word has to occur, and where it does decides the order
const box = $("#search input"), found = $("#found");
let loading;
const load = () => loading ??= new Promise((done) => document.head.append(Object.assign(document.createElement("script"), { src: "search.js", onload: done })));
const escaped = (text) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt()};`);
function score([, page, heading, text], words) {
  let sum = 0;
  for (const word of words) {
    const places = [[heading, 40], [page, 20], [text, 1]].map(([where, weight]) => {
      const low = where.toLowerCase(), at = low.indexOf(word);
      return at < 0 ? 0 : low === word ? 3 * weight : weight * (/\w/.test(low[at - 1] ?? " ") ? 1 : 2);
    });
    if (!places.some(Boolean)) return 0;
    sum += Math.max(...places) + (text.toLowerCase().split(word).length - 1) / 50;
  }
  return sum;
}
function show(query) {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const hits = searchIndex.map((entry) => [score(entry, words), entry]).filter(([s]) => s).sort((a, b) => b[0] - a[0]).slice(0, 12);
  const marked = (text) => words.reduce((t, w) => t.replace(new RegExp(w.replace(/[.*+?^${}()|[\]\\&]/g, "\\$&"), "i"), "\u0001$&\u0002"), escaped(text))
    .replace(/\u0001/g, "<mark>").replace(/\u0002/g, "</mark>");
  found.innerHTML = hits.map(([, [address, page, heading, text]], k) => {
    const start = Math.max(0, text.toLowerCase().indexOf(words[0]) - 40);
    return `<a role="option" id="hit${k}" href="${address}">${escaped(page)}${heading ? " › " + marked(heading) : ""}<small>${marked(text.slice(start, start + 140))}</small></a>`;
  }).join("") || "<p>Nothing found.</p>";
  found.hidden = !words.length;
  box.setAttribute("aria-expanded", !found.hidden);
}
function choose(step) {
  const options = [...found.querySelectorAll("a")], at = options.findIndex((a) => a.ariaSelected === "true");
  options.forEach((a) => { a.ariaSelected = "false"; });
  const option = options[(at + step + options.length + (at < 0 && step < 0)) % options.length];
  if (option) { option.ariaSelected = "true"; option.scrollIntoView({ block: "nearest" }); box.setAttribute("aria-activedescendant", option.id); }
}
box.onfocus = load;
box.oninput = () => load().then(() => show(box.value));
box.onkeydown = (event) => {
  if (event.key === "ArrowDown" || event.key === "ArrowUp") { choose(event.key === "ArrowDown" ? 1 : -1); event.preventDefault(); }
};
$("#search").onsubmit = (event) => { event.preventDefault(); ($("[aria-selected=true]", found) ?? $("a", found))?.click(); };
found.onclick = () => { found.hidden = true; };
addEventListener("keydown", (event) => {
  if (event.key === "/" && !event.target.closest("input, textarea, select, [contenteditable]")) { box.focus(); event.preventDefault(); }
  if (event.key === "Escape") { found.hidden = true; menu(false); }
});
addEventListener("click", (event) => { if (!event.target.closest("#search")) found.hidden = true; });

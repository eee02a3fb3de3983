// Building and mending the page's elements. Everything becomes text nodes and attributes: never parsed as HTML.

export const find = (id) => document.getElementById(id);

// Make an element; attributes that are null, undefined or false are left out.
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== ""));
  return element;
}

// Set a text only where it is another, so that a live region speaks only of news.
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// Make a parent's children those of a list, each known by its key: what has not changed keeps its element, and with it
// the focus and what a screen reader has already said.
export function keep(parent, items, keyOf, build) {
  const before = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  let place = parent.firstElementChild;
  for (const item of items) {
    const key = String(keyOf(item));
    const print = JSON.stringify(item);
    const old = before.get(key);
    before.delete(key);
    if (old && old.dataset.print === print) {
      if (old === place) place = place.nextElementSibling;
      else parent.insertBefore(old, place);
      continue;
    }
    const made = build(item);
    made.dataset.key = key;
    made.dataset.print = print;
    if (!old) {
      parent.insertBefore(made, place);
      continue;
    }
    const focused = old.contains(document.activeElement) ? document.activeElement.dataset.focus : undefined;
    if (old === place) place = place.nextElementSibling;
    parent.replaceChild(made, old);
    if (place && place.previousElementSibling !== made) parent.insertBefore(made, place);
    if (focused !== undefined) refocus(made, focused, parent);
  }
  for (const gone of before.values()) {
    if (gone.contains(document.activeElement)) parent.focus();
    gone.remove();
  }
}

function refocus(made, name, parent) {
  const same = [...made.querySelectorAll("[data-focus]")];
  (same.find((element) => element.dataset.focus === name) ?? same[0] ?? parent).focus();
}

const following = new WeakMap();
const nearEnd = 60;

// Change what is in a box: one that shows its end goes on showing it, also when it or a picture in it changes its size.
export function staysAtEnd(box, change) {
  if (!following.has(box)) follow(box);
  change();
  if (following.get(box)) box.scrollTop = box.scrollHeight;
}

function follow(box) {
  following.set(box, true);
  // Only who scrolls away stops it; what grows below does not scroll.
  box.addEventListener("scroll", () => {
    following.set(box, box.scrollHeight - box.scrollTop - box.clientHeight < nearEnd);
  });
  new ResizeObserver(() => staysAtEnd(box, () => {})).observe(box);
}

// What is larger than its place can be scrolled by keyboard too.
export function scrolling(box) {
  const look = () => {
    if (box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  };
  const watcher = new ResizeObserver(look);
  watcher.observe(box);
  for (const child of box.children) watcher.observe(child);
  return box;
}

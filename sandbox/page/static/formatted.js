// A Telegram message's text with its entities, as elements. Offsets count UTF-16 units, as JavaScript's strings do.

import { make, scrolling } from "/static/dom.js";

const tags = {
  bold: "strong",
  italic: "em",
  underline: "u",
  strikethrough: "s",
  code: "code",
  pre: "pre",
  blockquote: "blockquote",
};
const safe = new Set(["http:", "https:", "mailto:", "tg:"]);

// Return nodes for a text; entities are sorted by offset, the outer before the inner.
export function formatted(text, entities) {
  return nodes(text, entities, 0, text.length);
}

function nodes(text, entities, start, end) {
  const made = [];
  let at = start;
  for (let number = 0; number < entities.length; number += 1) {
    const entity = entities[number];
    const stop = Math.min(entity.offset + entity.length, end);
    if (entity.offset < at || entity.offset >= end) continue;
    if (entity.offset > at) made.push(text.slice(at, entity.offset));
    const inner = entities.slice(number + 1).filter((other) => other.offset < stop);
    made.push(element(entity, nodes(text, inner, entity.offset, stop)));
    at = stop;
  }
  if (at < end) made.push(text.slice(at, end));
  return made;
}

function element(entity, children) {
  if (entity.type === "text_link") return link(entity.url, children);
  if (entity.type === "spoiler") return make("span", { class: "spoiler", tabindex: "0" }, ...children);
  if (entity.type === "pre") return scrolling(make("pre", {}, ...children));
  return make(tags[entity.type] ?? "span", { class: entity.type }, ...children);
}

// A link where its address is one that a message may open, else its words alone.
export function link(address, children, attributes = {}) {
  let url = null;
  try {
    url = new URL(address);
  } catch {
    // Not an address at all.
  }
  if (url === null || !safe.has(url.protocol)) return make("span", attributes, ...children);
  return make("a", { ...attributes, href: url.href, target: "_blank", rel: "noopener noreferrer" }, ...children);
}

// The chat: messages with their looks, buttons, pictures and files; the command menu; the line that a person writes.

import { act } from "/static/actions.js";
import { find, keep, make, setText, staysAtEnd } from "/static/dom.js";
import { formatted, link } from "/static/formatted.js";

// Telegram's own apps give up the spinner by then.
const spinSeconds = 15;
const noticeSeconds = 6;
const spinning = new Map();
let answered = null;
let hiding = 0;

export function showChat(chat) {
  const box = find("messages");
  staysAtEnd(box, () => keep(box, withDays(chat.messages), (item) => item.key, (item) => build(item, chat.name)));
  // What was there before the page came is no news to be read out.
  requestAnimationFrame(() => { box.ariaLive = "polite"; });
  setText(find("typing"), chat.is_typing ? `${chat.name} is typing…` : "");
  find("start").hidden = chat.is_started;
  find("say-form").hidden = !chat.is_started;
  find("menu-place").hidden = !chat.is_started || chat.commands.length === 0;
  keep(find("commands"), chat.commands, (command) => command.command, commandItem);
  showNotices(chat.notices);
}

export function showTelegramState(isDown) {
  setText(find("chat-state"), isDown ? "waiting for network…" : "bot");
}

function withDays(messages) {
  const items = [];
  let day = "";
  for (const message of messages) {
    if (message.day !== day) items.push({ key: `before ${message.id}`, day: message.day });
    day = message.day;
    items.push({ key: message.id, ...message });
  }
  return items;
}

function build(item, name) {
  if (item.text === undefined) return make("p", { class: "day" }, item.day);
  const bubble = make("div", { class: "bubble" },
    make("span", { class: "unseen" }, item.is_own ? "You: " : `${name}: `),
    item.attached ? attached(item) : null,
    item.text ? make("div", { class: "text" }, ...formatted(item.text, item.entities)) : null,
    make("p", { class: "when" }, item.edited ? `edited ${item.edited}` : item.time));
  const rows = item.keyboard.map((row) => make("div", { class: "keys" }, ...row.map((button) => key(item, button))));
  return make("article", { class: item.is_own ? "message own" : "message" }, bubble, ...rows);
}

function attached(message) {
  const file = message.attached;
  if (file.kind === "photo") {
    const words = message.text.split("\n")[0] || "chart";
    const picture = make("img", { src: file.url, width: file.width, height: file.height, alt: `Picture: ${words}`, loading: "lazy" });
    picture.addEventListener("load", () => { staysAtEnd(find("messages"), () => {}); });
    return make("a", { class: "picture", href: file.url, target: "_blank", rel: "noopener" }, picture);
  }
  return make("a", { class: "file", href: file.url, download: file.name || "file" },
    make("b", {}, file.name || "file"), make("span", {}, file.size));
}

function key(message, button) {
  if (button.url) return link(button.url, [button.label], { class: "key" });
  const pressed = make("button", { type: "button", class: "key", "data-focus": button.data }, button.label);
  pressed.addEventListener("click", async () => {
    if (pressed.getAttribute("aria-busy") === "true") return;
    pressed.ariaBusy = "true";
    const query = await act("tap", { message: message.id, data: button.data });
    const stop = () => { pressed.ariaBusy = "false"; };
    if (query === undefined || answered.has(query)) {
      stop();
      return;
    }
    spinning.set(query, stop);
    setTimeout(stop, spinSeconds * 1000);
  });
  return pressed;
}

function showNotices(notices) {
  const isFirst = answered === null;
  answered ??= new Set();
  for (const notice of notices) {
    if (answered.has(notice.query)) continue;
    answered.add(notice.query);
    spinning.get(notice.query)?.();
    spinning.delete(notice.query);
    if (notice.text && !isFirst) showOver(notice.text);
  }
}

function showOver(words) {
  const over = find("over");
  over.textContent = words;
  over.hidden = false;
  clearTimeout(hiding);
  hiding = setTimeout(() => { over.hidden = true; }, noticeSeconds * 1000);
}

function commandItem(command) {
  const chosen = make("button", { type: "button" }, make("b", {}, `/${command.command}`), make("span", {}, command.description));
  chosen.addEventListener("click", async () => {
    openMenu(false);
    find("say").focus();
    await say(`/${command.command}`);
  });
  return make("li", {}, chosen);
}

function openMenu(isOpen) {
  find("commands").hidden = !isOpen;
  find("menu").ariaExpanded = String(isOpen);
}

async function say(text) {
  const box = find("messages");
  box.scrollTop = box.scrollHeight;
  return act("say", { text });
}

export function listenToChat() {
  find("start").addEventListener("click", async () => {
    if ((await act("start")) !== undefined) find("messages").focus();
  });
  find("menu").addEventListener("click", () => openMenu(find("commands").hidden));
  find("menu-place").addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || find("commands").hidden) return;
    openMenu(false);
    find("menu").focus();
  });
  document.addEventListener("click", (event) => {
    if (!find("menu-place").contains(event.target)) openMenu(false);
  });
  find("say-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const field = find("say");
    const text = field.value;
    if (!text.trim()) return;
    field.value = "";
    if ((await say(text)) === undefined && !field.value) field.value = text;
  });
}

// What stands beside the phone: the SMS, the clock, the account, the switches for trouble, and the diary.

import { act } from "/static/actions.js";
import { find, keep, make, scrolling, setText, staysAtEnd } from "/static/dom.js";

const botWords = {
  starting: "The bot is starting",
  running: "The bot is running",
  killed: "The bot is killed",
  ended: "The bot has ended",
  unseen: "The bot is out of sight",
};

export function showBot(bot) {
  const state = find("bot-state");
  state.dataset.state = bot.state;
  setText(state, botWords[bot.state]);
  find("kill").ariaDisabled = String(bot.state !== "running" && bot.state !== "starting");
}

export function showSms(sms) {
  const box = find("texts");
  setText(find("credit"), sms.has_credit ? `Credit ${sms.credit}` : "Out of credit");
  staysAtEnd(box, () => keep(box, sms.messages, (text) => text.id, (text) => make("article", { class: "sms-text" },
    make("p", { class: "when" }, `${text.day}, ${text.time}`), make("p", { class: "bubble" }, text.text))));
  box.classList.toggle("has-none", sms.messages.length === 0);
  requestAnimationFrame(() => { box.ariaLive = "polite"; });
}

export function showClock(clock) {
  setText(find("time"), clock.time);
  setText(find("day"), clock.day);
  setText(find("glance-time"), clock.now);
  const half = clock.is_half_day ? ", a half day" : "";
  find("market-state").dataset.open = String(clock.is_open);
  setText(find("market-state"), clock.is_open ? `Open${half}` : "Closed");
  setText(find("next-open"), clock.next_open);
  setText(find("next-close"), clock.next_close);
  setText(find("week-close"), clock.week_close);
  setText(find("pause"), clock.is_paused ? "Play" : "Pause");
  keep(find("speeds"), clock.speeds, (speed) => speed, speedButton);
  for (const button of find("speeds").children) button.ariaPressed = String(Number(button.dataset.key) === clock.speed);
  for (const button of document.querySelectorAll("[data-jump]")) {
    setText(button.querySelector("span"), clock.jumps[button.dataset.jump]);
  }
}

function speedButton(speed) {
  const words = speed === 1 ? "real time" : `${speed} times as fast`;
  const button = make("button", { type: "button", "aria-label": `×${speed}, ${words}` }, `×${speed}`);
  button.addEventListener("click", () => act("speed", { times: speed }));
  return button;
}

export function showAccount(account) {
  setText(find("account-number"), `Paper ${account.number}`);
  setText(find("equity"), account.equity);
  setText(find("cash"), account.cash);
  setText(find("invested"), account.invested);
  setText(find("pending"), account.pending);
  find("pending-place").hidden = !account.pending;
  find("no-positions").hidden = account.positions.length > 0;
  keep(find("positions"), account.positions, (position) => position.symbol, (position) => make("tr", {},
    make("th", { scope: "row" }, make("b", {}, position.symbol), make("span", { class: "name" }, position.name)),
    make("td", { class: "number" }, position.quantity),
    make("td", { class: "number" }, position.value),
    make("td", { class: `number ${position.sign}` }, position.gain)));
}

export function showOrders(orders) {
  find("no-orders").hidden = orders.length > 0;
  keep(find("orders"), orders, (order) => order.id, (order) => make("tr", {},
    make("th", { scope: "row" },
      make("b", {}, `${order.side === "buy" ? "Buy" : "Sell"} ${order.symbol}`),
      make("span", { class: "name" }, `${order.asked}, ${order.at}`)),
    make("td", {}, make("span", { class: "badge", "data-state": order.status }, order.state)),
    make("td", { class: "number" }, order.filled || "–", order.price ? make("span", { class: "name" }, `at ${order.price}`) : null)));
}

export function showTroubles(troubles) {
  const list = find("switches");
  if (list.children.length === 0) list.append(...troubles.map(switchItem));
  for (const trouble of troubles) {
    list.querySelector(`[data-trouble="${trouble.name}"]`).ariaChecked = String(trouble.is_on);
  }
}

function switchItem(trouble) {
  const hint = `about-${trouble.name}`;
  const turned = make("button",
    { type: "button", role: "switch", "aria-checked": "false", "aria-describedby": hint, "data-trouble": trouble.name },
    make("span", { class: "track", "aria-hidden": "true" }), trouble.label);
  turned.addEventListener("click", () => act("trouble", { name: trouble.name, on: turned.ariaChecked !== "true" }));
  return make("li", {}, turned, make("p", { class: "muted small", id: hint }, trouble.explained));
}

export function showDiary(notes) {
  const box = find("notes");
  find("no-notes").hidden = notes.length > 0;
  staysAtEnd(box, () => keep(box, notes, (note) => note.id, (note) => make("p", {},
    make("span", { class: "when" }, note.at), make("span", {}, note.text))));
  requestAnimationFrame(() => { box.ariaLive = "polite"; });
}

export function listenToPanels() {
  document.querySelectorAll(".scroll").forEach(scrolling);
  find("pause").addEventListener("click", () => act(find("pause").textContent === "Play" ? "play" : "pause"));
  for (const button of document.querySelectorAll("[data-jump]")) {
    button.addEventListener("click", () => act("jump", { to: button.dataset.jump }));
  }
  find("kill").addEventListener("click", () => act("kill"));
  find("transfer").addEventListener("submit", async (event) => {
    event.preventDefault();
    const amount = find("amount").value;
    const clears = find("clears").checked ? "tomorrow" : "now";
    if (event.submitter?.value === "withdraw") await act("withdraw", { amount });
    else await act("deposit", { amount, clears });
  });
}

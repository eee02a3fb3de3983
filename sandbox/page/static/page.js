// The page's start: listens to what changes in the demo, and hands each part to who shows it.

import { listenToChat, showChat, showTelegramState } from "/static/chat.js";
import { find } from "/static/dom.js";
import {
  listenToPanels, showAccount, showBot, showClock, showDiary, showOrders, showSms, showTroubles,
} from "/static/panels.js";

const parts = {
  bot: showBot,
  chat: showChat,
  sms: showSms,
  clock: showClock,
  account: showAccount,
  orders: showOrders,
  diary: showDiary,
  troubles: (troubles) => {
    showTroubles(troubles);
    showTelegramState(troubles.some((trouble) => trouble.name === "telegram" && trouble.is_on));
  },
};

listenToChat();
listenToPanels();

const events = new EventSource("/events");
events.addEventListener("message", (event) => {
  for (const [name, part] of Object.entries(JSON.parse(event.data))) parts[name](part);
  document.body.dataset.live = "true";
});
events.addEventListener("open", () => { find("gone").hidden = true; });
events.addEventListener("error", () => {
  const gone = find("gone");
  gone.textContent = "The demo does not answer: it has ended, or is starting. Start it with make demo, then reload this page.";
  gone.hidden = false;
  showBot({ state: "unseen" });
  document.body.dataset.live = "false";
});

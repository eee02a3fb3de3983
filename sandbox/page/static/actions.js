// What a person does, sent to the demo; what cannot be done is said.

import { find } from "/static/dom.js";

const token = document.querySelector("meta[name=token]").content;
const toastSeconds = 8;
let hiding = 0;

// Do an action; return its result, or undefined when it was refused, which is shown.
export async function act(name, body = {}) {
  let answer;
  try {
    const response = await fetch(`/actions/${name}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Page-Token": token },
      body: JSON.stringify(body),
    });
    answer = await response.json();
  } catch {
    answer = { error: "the demo did not answer: it may have ended" };
  }
  if (answer.error === undefined) {
    find("toast").hidden = true;
    return answer.result ?? null;
  }
  complain(answer.error);
  return undefined;
}

export function complain(words) {
  const toast = find("toast");
  toast.textContent = `${words[0].toUpperCase()}${words.slice(1)}.`;
  toast.hidden = false;
  clearTimeout(hiding);
  hiding = setTimeout(() => { toast.hidden = true; }, toastSeconds * 1000);
}

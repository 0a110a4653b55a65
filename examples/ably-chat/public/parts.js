// Small pieces of the page.

import { language } from "./words.js";

export const $ = (id) => document.getElementById(id);

export const make = (tag, props, ...children) => {
  const element = Object.assign(document.createElement(tag), props);
  element.append(...children);
  return element;
};

/** The first letter of a name, on a colour of the name's own. */
const face = (name) => make("span", { className: `face tint-${(name.codePointAt(0) >> 4) % 5}`, ariaHidden: "true" }, [...name][0]);

/** A message as a line of the conversation. */
export function line({ id, sender, text, at }, own) {
  const item = make("li", { className: own ? "own" : "line" });
  item.dataset.id = id;
  if (!own) item.append(face(sender), make("b", {}, sender));
  const time = new Date(at).toLocaleTimeString(language, { hour: "numeric", minute: "2-digit" });
  item.append(make("span", { className: "text" }, text), make("time", { dateTime: at }, time));
  return item;
}

/** Shows messages that are not there yet, and stays at the end if that is where the reader is. */
export function fill(list, messages, me) {
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
  const shown = new Set([...list.children].map((item) => item.dataset.id));
  list.append(...messages.filter(({ id }) => !shown.has(id)).map((one) => line(one, String(one.senderId) === me)));
  if (atEnd) list.scrollTop = list.scrollHeight;
}

/** What a JWT says; only who has the secret can know whether it is true. */
export function claims(token) {
  const bytes = Uint8Array.from(atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes));
}

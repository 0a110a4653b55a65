// A chat with Ably's library: what is published in a room's channel says that there is something new, and the page asks the
// back end for it. Nothing here knows of Madang but the host options in settings.js.

import settings from "./settings.js";
import { $, claims, fill, make } from "./parts.js";
import { language, refusal, speak, word } from "./words.js";

let me, client, channel, room, rooms = [], renewed = 0, signingUp = false;

/** Asks the back end. A token that has run out is renewed, once. */
async function api(method, path, body, again = true) {
  const answer = await fetch(path, {
    method, body: body && JSON.stringify(body),
    headers: { Authorization: `Bearer ${localStorage.getItem("token") ?? ""}`, ...(body && { "Content-Type": "application/json" }) },
  }).catch(() => { throw new Error(refusal("away")); });
  if (answer.ok) return answer.status === 204 ? undefined : answer.json();
  const { error: { message: why } = {} } = await answer.json().catch(() => ({}));
  if (why === "token" && again && await renew()) return api(method, path, body, false);
  if (why === "token") leave(refusal("session"));
  throw new Error(refusal(why));
}

async function renew() {
  const answer = await fetch("auth/re-create");
  if (!answer.ok || answer.headers.get("Content-Type") !== "application/jwt") return false;
  localStorage.setItem("token", await answer.text());
  return true;
}

/** The library's part: everything below is what any page writes with Ably. */
function connect() {
  const { Realtime } = window.Ably;
  client = new (Realtime.Promise ?? Realtime)({ // 1.2 has two flavours; promises are those of ably/promises
    token: localStorage.getItem("token") ?? "",
    authUrl: new URL("auth/re-create", location.href).href,
    transports: ["web_socket"],
    ...settings.hostOptions,
  });
  let token = client.auth.tokenDetails?.token;
  client.connection.on(({ current, reason }) => {
    showState(current, reason);
    if (current !== "connected") return;
    if (client.auth.tokenDetails.token !== token) renewed++;
    token = client.auth.tokenDetails.token;
    showFacts();
  });
  listen(client.channels.get("rooms"), refetchRooms);
}

/** Calls refetch for each message, and whenever some may have been missed. */
function listen(to, refetch) {
  to.on("attached", refetch);
  // It is attached again with the next connection; and who has gone on to another room does not want to know.
  to.subscribe(refetch).catch((error) => to === channel && trouble(error.message));
}

const quietly = (ask) => () => ask().catch((error) => trouble(error.message));

const refetchRooms = quietly(async () => {
  rooms = await api("GET", "rooms");
  showRooms();
});

const refetchMessages = quietly(async () => {
  const { id } = room;
  const messages = await api("GET", `rooms/${id}/messages`);
  if (room?.id === id) fill($("messages"), messages, me.sub);
  if (client?.connection.state !== "failed") trouble("");
});

async function enterRoom(next) {
  if (channel) {
    channel.off();
    channel.unsubscribe();
    if (channel.state !== "failed") channel.detach().catch(() => {}); // away with the connection, then
  }
  room = next;
  $("messages").replaceChildren();
  showRooms();
  channel = client.channels.get(room.id);
  listen(channel, refetchMessages);
  await refetchMessages();
}

function enter() {
  me = claims(localStorage.getItem("token"));
  show("yard");
  renewed = 0;
  showFacts();
  connect();
  refetchRooms();
}

function leave(why = "") {
  client?.close();
  client = channel = room = me = undefined;
  rooms = [];
  localStorage.removeItem("token");
  trouble("");
  show("door");
  $("refused").textContent = why;
  $("email").focus();
}

function show(what) {
  for (const id of ["door", "yard"]) $(id).hidden = id !== what;
  for (const id of ["state", "logout"]) $(id).hidden = what === "door";
}

function showState(current = client?.connection.state, reason = client?.connection.errorReason) {
  if (!client) return;
  $("state").dataset.state = current;
  $("state").textContent = word(current);
  if (current !== "failed") return;
  const again = make("button", { type: "button" }, word("again"));
  again.onclick = () => leave();
  trouble(word("ended")(reason?.message ?? ""), again);
}

const trouble = (text, ...more) => $("trouble").replaceChildren(...(text ? [text, ...more] : []));

function showFacts() {
  $("library").textContent = `ably ${settings.version}`;
  $("client-id").textContent = client?.auth.clientId ?? "–";
  $("renewed").textContent = word("times")(renewed);
}

function showRooms() {
  $("rooms").replaceChildren(...rooms.map((one) => {
    const button = make("button", { type: "button" }, one.name);
    button.ariaCurrent = one.id === room?.id ? "true" : "false";
    button.onclick = () => enterRoom(one);
    return make("li", {}, button);
  }));
  $("rooms").dataset.empty = word("noRooms");
  $("room-title").textContent = room?.name ?? word("choose");
  $("messages").dataset.empty = room ? word("quiet") : "";
  for (const field of $("chat").elements) field.disabled = !room;
}

function showDoor() {
  $("naming").hidden = !signingUp;
  $("name").required = signingUp;
  $("password").autocomplete = signingUp ? "new-password" : "current-password";
  $("enter").textContent = word(signingUp ? "signUp" : "login");
  $("other").textContent = word(signingUp ? "toLogin" : "toSignUp");
}

function showAll() {
  speak(language);
  $("language").textContent = word("language");
  $("language").lang = language === "ko" ? "en" : "ko";
  showDoor();
  showRooms();
  showFacts();
  showState();
}

$("other").onclick = () => { signingUp = !signingUp; $("refused").textContent = ""; showDoor(); };

$("login").onsubmit = async (event) => {
  event.preventDefault();
  const fields = Object.fromEntries(["email", "password", "name"].map((id) => [id, $(id).value]));
  try {
    const { token } = await api("POST", signingUp ? "auth/sign-up" : "auth/login", fields);
    localStorage.setItem("token", token);
    $("login").reset();
    $("refused").textContent = "";
    enter();
  } catch (error) {
    $("refused").textContent = error.message;
  }
};

$("create").onsubmit = async (event) => {
  event.preventDefault();
  try {
    const made = await api("POST", "rooms", { name: $("room-name").value });
    $("create").reset();
    await refetchRooms();
    await enterRoom(made);
    $("text").focus();
  } catch (error) {
    trouble(error.message);
  }
};

$("chat").onsubmit = async (event) => {
  event.preventDefault();
  const text = $("text").value;
  $("chat").reset();
  try {
    await api("POST", `rooms/${room.id}/messages`, { message: text });
    await refetchMessages();
  } catch (error) {
    $("text").value ||= text;
    trouble(error.message);
  }
};

$("logout").onclick = () => api("POST", "auth/logout", {}).catch(() => {}).then(() => leave());
$("language").onclick = () => {
  speak(language === "ko" ? "en" : "ko");
  localStorage.setItem("lang", language);
  $("messages").replaceChildren(); // its times are written in a language
  showAll();
  if (room) refetchMessages();
};

// Another tab has logged in or out: this one is who that one is.
addEventListener("storage", ({ key, newValue }) => {
  if (key === "token" && (newValue ? claims(newValue).sub : undefined) !== me?.sub) location.reload();
});

showAll();
if (localStorage.getItem("token")) enter();
else show("door");

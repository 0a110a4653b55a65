// What a page of a Laravel application does with Echo: who is there, a room, notifications, news for everybody. Nothing
// here knows how Madang is reached; that is in ways.js.

import { connect, refused, titles, watch } from "./ways.js";

const $ = (id) => document.getElementById(id);
const make = (tag, props, ...children) => {
  const element = Object.assign(document.createElement(tag), props);
  element.append(...children);
  return element;
};
const { madang, people } = await (await fetch("settings")).json();
const asked = new URLSearchParams(location.search);
const room = "7";

let echo, me;
const present = new Map(); // people by id

const words = {
  on: "연결됨", off: "연결하는 중…", error: "연결이 끊겼습니다. 다시 연결하는 중…",
};

function state(is, text = words[is]) {
  $("state").dataset.state = is;
  $("state").textContent = text;
}

/** The first letter of a name, on a colour of the name's own. */
const mark = (name) => make("span", { className: `face tint-${(name.codePointAt(0) >> 4) % 5}`, ariaHidden: "true" }, name.slice(0, 1));

/** Adds a line to a list and shows it. */
function add(list, text, { by, kind = "line" } = {}) {
  const time = new Date().toLocaleTimeString("ko-KR", { hour: "numeric", minute: "2-digit" });
  const item = make("li", { className: kind });
  if (by) item.append(mark(by), make("b", {}, by));
  item.append(make("span", { className: "text" }, text));
  if (kind !== "note") item.append(make("time", {}, time));
  $(list).append(item);
  $(list).scrollTop = $(list).scrollHeight;
}

function toast(text) {
  const box = make("div", { className: "toast" }, text);
  $("toasts").append(box);
  setTimeout(() => box.remove(), 6000);
}

function unread(count) {
  $("unread").dataset.count = $("unread").textContent = count;
  document.title = `${count ? `(${count}) ` : ""}${me.name} · 마당`;
}

function showPresent() {
  $("count").textContent = present.size;
  $("users").replaceChildren(...[...present.values()].sort((a, b) => a.id - b.id).map((user) => {
    const item = make("li", {}, mark(user.name), make("span", { className: "name" }, user.name));
    item.dataset.user = user.id;
    if (user.id === me.id) {
      item.append(make("small", {}, "나"));
    } else {
      const greet = make("button", { type: "button", ariaLabel: `${user.name} 님에게 인사하기` }, "인사하기");
      greet.onclick = () => post(`greet/${user.id}`).catch((e) => toast(e.message));
      item.append(greet);
    }
    return item;
  }));
}

/** Asks the application for something; with the id that its toOthers() leaves out. */
function post(path, data = {}) {
  return send(path, { Authorization: `Bearer ${me.token}` }, data);
}

/** Says something in the room: straight to Madang's HTTP interface, as to laravel-echo-server's, or through Laravel. */
function say(text) {
  if (!madang.key) return post(`chat/${room}`, { text });
  return send(`${madang.url}/apps/${madang.app}/events`, { Authorization: `Bearer ${madang.key}` }, {
    channel: `private-chat.${room}`, name: "App\\Events\\ChatMessageSent", socket_id: echo.socketId(),
    data: { room, payload: { from: me.name, text } },
  });
}

async function send(url, headers, data) {
  const id = echo.socketId();
  const answer = await fetch(url, {
    method: "POST", body: JSON.stringify(data),
    headers: { ...headers, "Content-Type": "application/json", Accept: "application/json", ...(id && { "X-Socket-ID": id }) },
  }).catch(() => { throw new Error("서버에 닿지 않습니다"); });
  if (!answer.ok) throw new Error(`서버가 거절했습니다 (${answer.status})`);
}

/** Opens or closes the room's form. */
function mayTalk(yes) {
  for (const field of $("chat").elements) field.disabled = !yes;
}

const refusals = {
  401: "누구인지 알 수 없어 이 방에 들어갈 수 없습니다. 다시 로그인해 주세요. (401)",
  403: "이 방에는 들어갈 수 없습니다. 초대받은 사람만 이야기할 수 있어요. (403)",
};

/** Comes in as somebody: everything below is what any application writes with Echo. */
async function enter(person, way) {
  echo?.disconnect();
  me = person;
  present.clear();
  for (const list of ["messages", "public", "users"]) $(list).replaceChildren();
  $("typing").textContent = "";
  mayTalk(true);
  unread(0);
  showPresent();
  for (const b of $("people").children) b.setAttribute("aria-pressed", String(b.dataset.user === String(me.id)));
  state("off");
  try {
    echo = await connect(way, madang, me.token);
  } catch (error) {
    state("error", error.message);
    return;
  }
  watch(echo, state);

  echo.channel("public").listen("PublicMessageSent", (event) => add("public", event.text));

  echo.private(`App.Models.User.${me.id}`).notification((notification) => {
    toast(notification.message);
    unread(Number($("unread").textContent) + 1);
  });

  echo.join("presence")
    .here((users) => { present.clear(); for (const user of users) present.set(user.id, user); showPresent(); })
    .joining((user) => { present.set(user.id, user); showPresent(); })
    .leaving((user) => { present.delete(user.id); showPresent(); });

  let quiet;
  const chat = echo.private(`chat.${room}`)
    .listen("ChatMessageSent", ({ payload }) => { $("typing").textContent = ""; add("messages", payload.text, { by: payload.from ?? "Laravel" }); })
    .listenForWhisper("typing", ({ name }) => {
      $("typing").textContent = `${name} 님이 입력하고 있습니다…`;
      clearTimeout(quiet);
      quiet = setTimeout(() => { $("typing").textContent = ""; }, 3000);
    });
  refused(echo, chat, (status) => {
    mayTalk(false);
    $("messages").replaceChildren(); // it is said again at each attempt
    add("messages", refusals[status] ?? `이 방에 들어가지 못했습니다. (${status})`, { kind: "note" });
  });
}

let whispered = 0; // when we last said that we are typing

$("chat").onsubmit = async (e) => {
  e.preventDefault();
  const text = $("text").value;
  $("text").value = "";
  whispered = 0;
  try {
    await say(text);
    add("messages", text, { kind: "own" }); // it does not come back to us
  } catch (error) {
    $("text").value ||= text;
    add("messages", `보내지 못했습니다. ${error.message}`, { kind: "note" });
  }
};

$("text").oninput = () => {
  if (Date.now() - whispered < 1000) return;
  whispered = Date.now();
  echo.private(`chat.${room}`).whisper("typing", { name: me.name });
};

$("shout").onsubmit = async (e) => {
  e.preventDefault();
  await post("public", { text: $("shouted").value }).then(() => { $("shouted").value = ""; }, (error) => toast(error.message));
};

$("read").onclick = () => unread(0);

$("way").append(...titles.map(([name, title]) => make("option", { value: name, textContent: title })));
$("way").value = titles.some(([name]) => name === asked.get("via")) ? asked.get("via") : titles[0][0];
const address = () => `?user=${me.id}&via=${$("way").value}`;
$("way").onchange = () => location.assign(address()); // clients of two kinds do not share a page

$("people").append(...people.map((person) => {
  const button = make("button", { type: "button" }, mark(person.name), person.name);
  button.dataset.user = person.id;
  button.onclick = () => enter(person, $("way").value).then(() => history.replaceState(null, "", address()));
  return button;
}));
await enter(people.find((p) => String(p.id) === asked.get("user")) ?? people[0], $("way").value);

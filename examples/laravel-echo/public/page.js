// What a page of a Laravel application does with Echo. Only the address says that Madang is at the other end: it serves
// the Socket.IO client as laravel-echo-server did, asks this application's /broadcasting/auth, and hears its broadcasts.

const $ = (id) => document.getElementById(id);
const { madang, people } = await (await fetch("settings")).json();

await new Promise((loaded, failed) => {
  const script = document.createElement("script");
  Object.assign(script, { src: `${madang}/socket.io/socket.io.js`, onload: loaded, onerror: failed });
  document.head.append(script);
}).catch(() => state("error", `${madang}에서 socket.io.js를 받지 못했습니다`));

let echo, me;

/** Shows how the connection is. */
function state(is, text) {
  $("state").dataset.state = is;
  $("state").textContent = text;
}

/** Adds a line to a list. */
function add(list, text, { by, kind } = {}) {
  const item = document.createElement("li");
  if (kind) item.className = kind;
  if (by) item.append(Object.assign(document.createElement("b"), { textContent: by }));
  item.append(text);
  $(list).append(item);
  item.scrollIntoView({ block: "nearest" });
}

/** Shows a message for a few seconds. */
function toast(text) {
  const box = Object.assign(document.createElement("div"), { className: "toast", textContent: text });
  $("toasts").append(box);
  setTimeout(() => box.remove(), 6000);
}

/** Sends something to the application, with the id that toOthers() leaves out. */
async function post(path, data = {}) {
  const headers = { Authorization: `Bearer ${me.token}`, "Content-Type": "application/json", Accept: "application/json" };
  const id = echo?.socketId();
  if (id) headers["X-Socket-ID"] = id;
  const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(data) });
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
}

/** The people who are there, by id. */
const present = new Map();

function showPresent() {
  $("count").textContent = present.size;
  $("users").replaceChildren(...[...present.values()].map((user) => {
    const item = document.createElement("li");
    item.dataset.user = user.id;
    item.append(Object.assign(document.createElement("span"), { textContent: user.name + (user.id === me.id ? " (나)" : "") }));
    if (user.id !== me.id) {
      const wave = Object.assign(document.createElement("button"), { type: "button", textContent: "인사하기" });
      wave.onclick = () => post(`greet/${user.id}`).catch((e) => toast(e.message));
      item.append(wave);
    }
    return item;
  }));
}

/** Comes in as somebody: everything below is what any application writes with Echo. */
function enter(person) {
  echo?.disconnect();
  me = person;
  present.clear();
  for (const list of ["messages", "public", "users"]) $(list).replaceChildren();
  document.title = `${me.name} · 마당`;
  for (const b of $("people").children) b.setAttribute("aria-pressed", String(b.dataset.user === String(me.id)));
  state("off", "연결하는 중…");

  echo = new (Echo.default ?? Echo)({
    broadcaster: "socket.io",
    client: io,
    host: madang,
    auth: { headers: { Authorization: `Bearer ${me.token}` } },
  });
  const { socket } = echo.connector;
  socket.on("connect", () => state("on", "연결됨"));
  socket.on("disconnect", () => state("off", "연결이 끊겼습니다. 다시 연결합니다…"));
  socket.on("connect_error", () => state("error", "연결하지 못했습니다. 다시 시도합니다…"));
  socket.on("subscription_error", (channel, status) => {
    if (channel === "private-chat.7") add("messages", `이 방에는 들어갈 수 없습니다 (${status})`, { kind: "note" });
  });

  echo.channel("public").listen("PublicMessageSent", (event) => add("public", event.text));

  echo.private(`App.Models.User.${me.id}`).notification((notification) => {
    toast(notification.message);
    $("unread").textContent = Number($("unread").textContent) + 1;
  });

  echo.join("presence")
    .here((users) => { for (const user of users) present.set(user.id, user); showPresent(); })
    .joining((user) => { present.set(user.id, user); showPresent(); })
    .leaving((user) => { present.delete(user.id); showPresent(); });

  let quiet;
  echo.private("chat.7")
    .listen("ChatMessageSent", ({ payload }) => { $("typing").textContent = ""; add("messages", payload.text, { by: payload.from }); })
    .listenForWhisper("typing", ({ name }) => {
      $("typing").textContent = `${name} 님이 입력하고 있습니다…`;
      clearTimeout(quiet);
      quiet = setTimeout(() => { $("typing").textContent = ""; }, 3000);
    });
}

$("chat").onsubmit = async (e) => {
  e.preventDefault();
  const text = $("text").value;
  try {
    await post("chat/7", { text });
    add("messages", text, { kind: "own" }); // toOthers(): it does not come back to us
    $("text").value = "";
  } catch (error) {
    add("messages", `보내지 못했습니다 (${error.message})`, { kind: "note" });
  }
};
let whispered = 0;
$("text").oninput = () => {
  if (Date.now() - whispered < 1000) return;
  whispered = Date.now();
  echo.private("chat.7").whisper("typing", { name: me.name });
};
$("shout").onsubmit = async (e) => {
  e.preventDefault();
  await post("public", { text: $("shouted").value }).then(() => { $("shouted").value = ""; }, (error) => toast(error.message));
};
$("read").onclick = () => { $("unread").textContent = 0; };

$("people").replaceChildren(...people.map((person) => {
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: person.name });
  button.dataset.user = person.id;
  button.onclick = () => enter(person);
  return button;
}));
enter(people.find((p) => String(p.id) === new URLSearchParams(location.search).get("user")) ?? people[0]);

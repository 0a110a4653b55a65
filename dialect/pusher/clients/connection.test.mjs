// How connections begin, live and end, and what pusher-js makes of it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import WebSocket from "ws";
import { backend, base, connect, end, name, once, Pusher, start, state, subscribe, until, watch } from "./lib.mjs";

test("the socket id is two numbers", async () => {
  const p = await connect("main");
  assert.match(p.connection.socket_id, /^\d+\.\d+$/);
});

test("pings go both ways, and silence does not end a connection that answers", async () => {
  const p = watch(new Pusher("main-key", {
    cluster: "", wsHost: base.hostname, wsPort: Number(base.port), wsPath: "/fast", forceTLS: false, enabledTransports: ["ws"], disableStats: true,
  }));
  await state(p, "connected");
  const id = p.connection.socket_id;
  await sleep(3500); // the client asks after a second
  assert.ok(p.log.filter((m) => m.event === "pusher:pong").length >= 2);
  assert.equal(p.connection.socket_id, id);
  // One that does not ask by itself is asked.
  const ws = new WebSocket(`ws://${base.host}/fast/app/main-key?protocol=7`);
  const got = [];
  ws.on("message", (m) => got.push(JSON.parse(m).event));
  const code = new Promise((r) => ws.on("close", r));
  await until("the server's question", () => got.includes("pusher:ping"));
  ws.send('{"event":"pusher:pong","data":{}}');
  await until("another", () => got.filter((e) => e === "pusher:ping").length === 2);
  assert.equal(await code, 4201); // this one it has not answered
});

// codes returns how a client's connections have ended.
const codes = (p) => p.errors.map((e) => e.error?.data?.code ?? e.data?.code);

test("an unknown key is final", async () => {
  const p = start("nobody");
  await state(p, "disconnected");
  assert.ok(codes(p).includes(4001), JSON.stringify(p.errors));
});

test("a page of a foreign origin is told so", async () => {
  const ends = await Promise.all(["https://home.example", "https://evil.example"].map((origin) => new Promise((resolve) => {
    const ws = new WebSocket(`ws://${base.host}/app/home-key?protocol=7`, { origin });
    ws.on("message", (m) => resolve(JSON.parse(m)));
    ws.on("close", () => ws.terminate());
    setTimeout(() => ws.close(), 500);
  })));
  assert.equal(ends[0].event, "pusher:connection_established");
  assert.equal(ends[1].data.code, 4009);
});

test("an app that is full is tried again, until there is room", async () => {
  const first = await connect("one");
  const second = start("one");
  await until("an error", () => codes(second).includes(4100));
  assert.notEqual(second.connection.state, "disconnected");
  first.disconnect();
  await state(second, "connected");
});

for (const [reason, code] of [["drain", 4200], ["slow", 4200], ["error", 4100]]) {
  test(`${reason}: the client comes back and has its channels again`, async () => {
    const p = await connect("main", { user: { user_id: "a" } });
    const room = name("presence-");
    const channel = await subscribe(p, room);
    const id = p.connection.socket_id;
    await end("main", room, reason);
    await until("another connection", () => p.connection.state === "connected" && p.connection.socket_id !== id);
    if (reason !== "slow") assert.ok(codes(p).includes(code), JSON.stringify(p.errors));
    await until("the channel", () => channel.subscribed && channel.members.count === 1);
    const got = once(channel, "e");
    await backend("main").trigger(room, "e", 1);
    assert.equal(await got, 1);
  });
}

test("denied: the client stays away", async () => {
  const p = await connect("main");
  const channel = await subscribe(p, name("news"));
  await end("main", channel.name, "denied");
  await state(p, "disconnected");
  assert.ok(codes(p).includes(4009));
  await sleep(1500);
  assert.equal(p.connection.state, "disconnected");
});

test("whatever a client says, others are not harmed", async () => {
  const good = await connect("main");
  const channel = await subscribe(good, name("news"));
  const ws = new WebSocket(`ws://${base.host}/app/main-key?protocol=7`);
  const got = [];
  ws.on("message", (m) => got.push(JSON.parse(m)));
  await until("a connection", () => got.length === 1);
  const bad = ['{"event":"pusher:subscribe"}', '{"event":7}', "[]", "", '{"event":"pusher:unsubscribe","data":{"channel":"presence-never"}}',
    `{"event":"${"x".repeat(60_000)}"}`, '{"event":"client-x"}', '{"event":"pusher:signin"}'];
  bad.forEach((line) => ws.send(line));
  await until("the errors", () => got.length === 1 + bad.length - 1); // a leave of nothing is no error
  assert.deepEqual(new Set(got.slice(1).map((m) => m.event)), new Set(["pusher:error"]));
  assert.equal(ws.readyState, WebSocket.OPEN);
  ws.close();
  const heard = once(channel, "e");
  await backend("main").trigger(channel.name, "e", 1);
  assert.equal(await heard, 1);
});

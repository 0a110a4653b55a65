// Channels of every kind, with pusher-js.
import assert from "node:assert/strict";
import { test } from "node:test";
import { backend, connect, name, once, settled, subscribe, until } from "./lib.mjs";

const news = { n: 1, text: "안녕 \"world\" </b> \u2028", nested: { a: [], b: null } };

test("public: what a backend publishes arrives, but not at who is left out", async () => {
  const [a, b] = [await connect("main"), await connect("main")];
  const channel = name("news");
  const [ca, cb] = [await subscribe(a, channel), await subscribe(b, channel)];
  const got = [once(ca, "e"), once(cb, "e")];
  await backend("main").trigger(channel, "e", news);
  assert.deepEqual(await Promise.all(got), [news, news]);
  const left = [];
  ca.bind("again", (x) => left.push(x));
  const heard = once(cb, "again");
  await backend("main").trigger(channel, "again", "text", { socket_id: a.connection.socket_id });
  assert.equal(await heard, "text");
  await settled(a);
  assert.deepEqual(left, []);
});

test("unsubscribing ends it, and of a channel that was never joined nothing comes", async () => {
  const p = await connect("main");
  const channel = name("news");
  await subscribe(p, channel);
  p.unsubscribe(channel);
  p.send_event("pusher:unsubscribe", { channel: "presence-never" });
  p.send_event("pusher:unsubscribe", { channel });
  await settled(p);
  p.log.length = 0;
  await backend("main").trigger(channel, "e", 1);
  await settled(p);
  assert.deepEqual(p.log.map((m) => m.event), ["pusher:pong"]);
});

test("private: signed, or refused with the channel's name", async () => {
  const p = await connect("main");
  const channel = await subscribe(p, name("private-"));
  const got = once(channel, "e");
  await backend("main").trigger(channel.name, "e", news);
  assert.deepEqual(await got, news);

  const forger = await connect("main", {
    channelAuthorization: { customHandler: (_, done) => done(null, { auth: "main-key:0123456789abcdef" }) },
  });
  assert.deepEqual(await once(forger.subscribe(name("private-")), "pusher:subscription_error"),
    { type: "AuthError", error: "The connection is unauthorized.", status: 401 });
  assert.equal(forger.connection.state, "connected");
});

test("presence: by user, not by connection", async () => {
  const ann = { user_id: 1, user_info: { name: "Ann" } }, bob = { user_id: "bob", user_info: { name: "Bob" } };
  const [a1, a2, b] = await Promise.all([ann, ann, bob].map((user) => connect("main", { user })));
  const room = name("presence-");
  const c1 = await subscribe(a1, room);
  assert.equal(c1.members.count, 1);
  assert.deepEqual(c1.members.me, { id: 1, info: { name: "Ann" } });
  const events = [];
  c1.bind("pusher:member_added", (m) => events.push(["added", m.id]));
  c1.bind("pusher:member_removed", (m) => events.push(["removed", m.id]));
  const cb = await subscribe(b, room);
  await until("the other", () => events.length === 1);
  const c2 = await subscribe(a2, room);
  assert.equal(c2.members.count, 2);
  assert.deepEqual(c2.members.members, { 1: { name: "Ann" }, bob: { name: "Bob" } });
  a2.unsubscribe(room); // one of two tabs
  await settled(a2);
  await settled(a1);
  assert.equal(cb.members.count, 2);
  b.disconnect(); // the only one
  await until("that the other is gone", () => events.length === 2);
  assert.deepEqual(events, [["added", "bob"], ["removed", "bob"]]);
  assert.equal(c1.members.count, 1);
});

test("presence: an app's limits are told", async () => {
  const room = name("presence-");
  for (const user_id of ["a", "b"]) await subscribe(await connect("small", { user: { user_id } }), room);
  const third = await connect("small", { user: { user_id: "c" } });
  assert.equal((await once(third.subscribe(room), "pusher:subscription_error")).type, "LimitReached");
});

test("encrypted: relayed as it is, and readable with the key alone", async () => {
  const p = await connect("main");
  const channel = await subscribe(p, name("private-encrypted-"));
  const got = once(channel, "secret");
  await backend("main").trigger(channel.name, "secret", news);
  assert.deepEqual(await got, news);
  const raw = p.log.find((m) => m.event === "secret");
  assert.deepEqual(Object.keys(raw.data).sort(), ["ciphertext", "nonce"]);
});

for (const prefix of ["cache-", "private-cache-", "private-encrypted-cache-", "presence-cache-"]) {
  test(`${prefix}: the last event, or that there is none`, async () => {
    const p = await connect("main", { user: { user_id: "a" } });
    const channel = p.subscribe(name(prefix));
    await once(channel, "pusher:subscription_succeeded");
    await until("a cache miss", () => p.log.some((m) => m.event === "pusher:cache_miss" && m.channel === channel.name));
    await backend("main").trigger(channel.name, "price", { v: 1 });
    await backend("main").trigger(channel.name, "price", { v: 2 });
    const late = await connect("main", { user: { user_id: "b" } });
    assert.deepEqual(await once(late.subscribe(channel.name), "price"), { v: 2 });
    await settled(late);
    assert.equal(late.log.filter((m) => m.event === "price").length, 1);
    assert.equal(late.log.filter((m) => m.event === "pusher:cache_miss").length, 0);
  });
}

test("the number of subscribers, for an app that wants it", async () => {
  const [a, b] = [await connect("counted"), await connect("counted")];
  const channel = name("news");
  const ca = await subscribe(a, channel);
  await subscribe(b, channel);
  await until("two", () => ca.subscriptionCount === 2);
  b.disconnect();
  await until("one", () => ca.subscriptionCount === 1);
});

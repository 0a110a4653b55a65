// What clients publish, and who they are.
import assert from "node:assert/strict";
import { test } from "node:test";
import { backend, connect, name, once, onceWith, settled, subscribe, until } from "./lib.mjs";

async function pair(prefix, app = "main") {
  const room = name(prefix);
  const [a, b] = await Promise.all(["ann", "bob"].map((user_id) => connect(app, { user: { user_id } })));
  return { a, b, ca: await subscribe(a, room), cb: await subscribe(b, room) };
}

test("client events reach the others, with the data as it was", async () => {
  const { a, ca, cb } = await pair("private-");
  for (const data of [{ b: 1, a: [null, "é"] }, "text", 7, [1, 2.5], ""]) {
    const got = once(cb, "client-x");
    assert.equal(ca.trigger("client-x", data), true);
    assert.deepEqual(await got, data);
  }
  await settled(a);
  assert.equal(a.log.filter((m) => m.event === "client-x").length, 0);
});

test("client events of presence channels say who", async () => {
  const { ca, cb } = await pair("presence-");
  const got = onceWith(cb, "client-x");
  ca.trigger("client-x", { n: 1 });
  assert.deepEqual(await got, { data: { n: 1 }, meta: { user_id: "ann" } });
});

const rejected = async (p, act) => {
  const n = p.errors.length;
  act();
  const e = await until("an error", () => p.errors[n]);
  assert.equal(e.error?.data?.code ?? e.data?.code, 4301, JSON.stringify(e));
  assert.equal(p.connection.state, "connected");
};

test("client events are rejected where they are not allowed", async () => {
  const p = await connect("main"), quiet = await connect("quiet");
  const open = await subscribe(p, name("news")), shut = await subscribe(quiet, name("private-"));
  await rejected(p, () => open.trigger("client-x", 1));
  await rejected(p, () => p.send_event("client-x", 1, "private-never"));
  await rejected(quiet, () => shut.trigger("client-x", 1));
});

test("client events are rejected when they are too many or too large", async () => {
  const { a, ca, cb } = await pair("private-", "small");
  await rejected(a, () => ca.trigger("client-x", "x".repeat(101)));
  const got = [];
  cb.bind("client-x", (n) => got.push(n));
  await rejected(a, () => { for (let n = 0; n < 10; n++) ca.trigger("client-x", n); });
  await settled(a);
  assert.ok(got.length >= 2 && got.length <= 6, `${got.length} arrived`); // three per second, and a second may have passed
});

test("what is sent to a user arrives at all the user's connections", async () => {
  const signin = { id: "ann", user_info: { name: "Ann" } };
  const all = [await connect("main", { signin }), await connect("main", { signin })];
  all.forEach((p) => p.signin());
  await Promise.all(all.map((p) => p.user.signinDonePromise));
  await Promise.all(all.map((p) => until("the own channel", () => p.user.serverToUserChannel?.subscribed)));
  const other = await connect("main", { signin: { id: "bob" } });
  other.signin();
  await other.user.signinDonePromise;
  const got = all.map((p) => once(p.user, "hello"));
  await backend("main").sendToUser("ann", "hello", { x: 1 });
  assert.deepEqual(await Promise.all(got), [{ x: 1 }, { x: 1 }]);
  await settled(other);
  assert.equal(other.log.filter((m) => m.event === "hello").length, 0);
});

test("who has signed in joins presence channels as that user", async () => {
  const p = await connect("main", { signin: { id: "cho", user_info: { name: "Cho" } } });
  p.signin();
  const channel = await subscribe(p, name("presence-"));
  assert.deepEqual(channel.members.me, { id: "cho", info: { name: "Cho" } });
});

test("a sign-in with a wrong signature changes nothing", async () => {
  const p = await connect("main", {
    userAuthentication: { customHandler: (_, done) => done(null, { auth: "main-key:0", user_data: '{"id":"ann"}' }) },
  });
  p.signin();
  await until("an error", () => p.errors.length > 0);
  assert.equal(p.user.user_data, null);
  await subscribe(p, name("news"));
});

test("a watchlist tells who comes and goes", async () => {
  const id = name("watched"), away = name("away");
  const bob = await connect("main", { signin: { id } });
  bob.signin();
  await bob.user.signinDonePromise;
  await settled(bob);
  const ann = await connect("main", { signin: { id: name("watcher"), watchlist: [id, away] } });
  const [online, offline] = [once(ann.user.watchlist, "online"), once(ann.user.watchlist, "offline")];
  ann.signin();
  assert.deepEqual((await online).user_ids, [id]);
  assert.deepEqual((await offline).user_ids, [away]);
  const gone = once(ann.user.watchlist, "offline");
  bob.disconnect();
  assert.deepEqual((await gone).user_ids, [id]);
  const back = once(ann.user.watchlist, "online");
  bob.connect();
  assert.deepEqual((await back).user_ids, [id]);
});

test("a watchlist that is too long is told", async () => {
  const p = await connect("main", { signin: { id: "long", watchlist: Array.from({ length: 101 }, (_, i) => `u${i}`) } });
  p.signin();
  await until("an error", () => p.errors.some((e) => (e.error?.data?.code ?? e.data?.code) === 4302));
});

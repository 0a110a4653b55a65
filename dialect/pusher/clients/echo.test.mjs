// Laravel Echo with the broadcasters pusher and reverb.
import assert from "node:assert/strict";
import { test } from "node:test";
import { backend, Echo, end, name, options, Pusher, state, until, watch } from "./lib.mjs";

for (const broadcaster of ["pusher", "reverb"]) {
  const join = async (user) => {
    const echo = new Echo({ ...options("main", { user }), broadcaster, key: "main-key", Pusher });
    watch(echo.connector.pusher);
    await state(echo.connector.pusher, "connected");
    return echo;
  };
  const subscribed = (channel) => new Promise((resolve) => channel.subscribed(resolve));
  const heard = (channel, event) => new Promise((resolve) => channel.listen(event, resolve));

  test(`${broadcaster}: events by class and by name, public and private`, async () => {
    const echo = await join();
    const id = name("orders");
    for (const full of [id, `private-${id}`]) {
      const channel = full === id ? echo.channel(id) : echo.private(id);
      await subscribed(channel);
      const [byClass, byName] = [heard(channel, "OrderShipped"), heard(channel, ".order.shipped")];
      await backend("main").trigger(full, "App\\Events\\OrderShipped", { order: { id: 7 } });
      await backend("main").trigger(full, "order.shipped", { order: { id: 8 } });
      assert.deepEqual([await byClass, await byName], [{ order: { id: 7 } }, { order: { id: 8 } }]);
    }
    assert.match(echo.socketId(), /^\d+\.\d+$/);
  });

  test(`${broadcaster}: a notification for a user`, async () => {
    const echo = await join();
    const id = name("App.Models.User.");
    const channel = echo.private(id);
    await subscribed(channel);
    const got = new Promise((resolve) => channel.notification(resolve));
    await backend("main").trigger(`private-${id}`, "Illuminate\\Notifications\\Events\\BroadcastNotificationCreated", { id: "n", type: "T" });
    assert.deepEqual(await got, { id: "n", type: "T" });
  });

  test(`${broadcaster}: here, joining, leaving and whispers`, async () => {
    const [ann, bob] = [await join({ user_id: 1, user_info: { id: 1, name: "Ann" } }), await join({ user_id: 2, user_info: { id: 2, name: "Bob" } })];
    const id = name("room");
    const seen = [];
    let whisper;
    ann.join(id).here((all) => seen.push(["here", all])).joining((m) => seen.push(["joining", m]))
      .leaving((m) => seen.push(["leaving", m])).listenForWhisper("typing", (w) => (whisper = w));
    await until("the list", () => seen.length === 1);
    const room = bob.join(id);
    await subscribed(room);
    await until("the other", () => seen.length === 2);
    room.whisper("typing", { name: "Bob" });
    await until("a whisper", () => whisper);
    bob.leave(id);
    await until("the leaving", () => seen.length === 3);
    assert.deepEqual(seen, [["here", [{ id: 1, name: "Ann" }]], ["joining", { id: 2, name: "Bob" }], ["leaving", { id: 2, name: "Bob" }]]);
    assert.deepEqual(whisper, { name: "Bob" });
  });

  test(`${broadcaster}: an encrypted channel`, async () => {
    const echo = await join();
    const id = name("vault");
    const channel = echo.encryptedPrivate(id);
    await subscribed(channel);
    const got = heard(channel, ".opened");
    await backend("main").trigger(`private-encrypted-${id}`, "opened", { by: "Ann" });
    assert.deepEqual(await got, { by: "Ann" });
  });

  test(`${broadcaster}: toOthers, and what is refused`, async () => {
    const [ann, bob] = [await join(), await join()];
    const id = name("chat");
    const got = [];
    for (const [who, echo] of [["ann", ann], ["bob", bob]]) {
      const channel = echo.private(id);
      channel.listen(".said", (d) => got.push([who, d]));
      await subscribed(channel);
    }
    await backend("main").trigger(`private-${id}`, "said", 1, { socket_id: ann.socketId() });
    await backend("main").trigger(`private-${id}`, "said", 2);
    await until("both", () => got.length === 3);
    assert.deepEqual(got.sort(), [["ann", 2], ["bob", 1], ["bob", 2]]);
    const stranger = new Echo({
      ...options("main"), broadcaster, key: "main-key", Pusher,
      channelAuthorization: { customHandler: (_, done) => done(null, { auth: "main-key:0" }) },
    });
    watch(stranger.connector.pusher);
    const error = await new Promise((resolve) => stranger.private(id).error(resolve));
    assert.equal(error.status, 401);
  });

  test(`${broadcaster}: after a restart of the server everything is as before`, async () => {
    const echo = await join({ user_id: 1, user_info: { id: 1 } });
    const id = name("room");
    let here = 0;
    const channel = echo.join(id).here(() => here++);
    await until("the list", () => here === 1);
    const before = echo.socketId();
    await end("main", `presence-${id}`, "drain");
    await until("the list again", () => here === 2);
    assert.notEqual(echo.socketId(), before);
    const got = heard(channel, ".e");
    await backend("main").trigger(`presence-${id}`, "e", { n: 1 });
    assert.deepEqual(await got, { n: 1 });
  });
}

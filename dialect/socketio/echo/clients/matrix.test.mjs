// Laravel Echo as pages use it, against the fixture at BASE_URL.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, test } from "node:test";
import { carriers, echoes, Page, publish, sockets } from "./lib/echo.mjs";

const unique = (name) => `${name}.${randomUUID()}x`;

/** listening resolves when a page hears what is published in a channel: success is silent. */
async function listening(page, channel, name) {
  let heard = false;
  const event = `.probe-${randomUUID()}`;
  channel.listen(event, () => (heard = true));
  for (const end = Date.now() + 10_000; !heard; ) {
    if (Date.now() > end) throw new Error(`${name} is not heard`);
    await publish(name, event.slice(1), null);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  channel.stopListening(event);
  return channel;
}

function suite(echo, socket, carrier) {
  const cases = (name, body) =>
    test(name, { timeout: 30_000 }, async () => {
      const pages = [];
      const open = async (user, options) => {
        const page = new Page(echo, socket, carrier, user, options);
        pages.push(page);
        return page.connected();
      };
      try {
        await body(open);
      } finally {
        for (const page of pages) page.close();
      }
    });

  cases("public channel: listen, leave", async (open) => {
    const page = await open("1");
    const name = unique("news");
    const channel = await listening(page, page.echo.channel(name), name);
    channel.listen("MessageSent", page.log.as("sent")).listen(".order.shipped", page.log.as("shipped"));
    await publish(name, "App\\Events\\MessageSent", { text: "안녕/hello", n: 1, nested: { a: [] }, socket: null });
    await publish(name, "order.shipped", { order: { id: 7 } });
    assert.deepEqual(await page.log.next(), ["sent", { text: "안녕/hello", n: 1, nested: { a: [] }, socket: null }]);
    assert.deepEqual(await page.log.next(), ["shipped", { order: { id: 7 } }]);
    page.echo.leave(name);
    page.socket.on("after", page.log.as("raw"));
    await page.barrier();
    await page.log.next();
    await publish(name, "after", 1);
    await page.barrier();
    assert.deepEqual(await page.log.next(), ["error", "$barrier", 403]);
  });

  cases("private channel: listen, notification, whisper, toOthers", async (open) => {
    const [kim, lee] = [await open("1"), await open("2")];
    const name = unique("chat");
    const channels = [];
    for (const page of [kim, lee]) channels.push(await listening(page, page.echo.private(name), `private-${name}`));
    for (const [i, page] of [kim, lee].entries()) {
      channels[i].listen("MessageSent", page.log.as("sent")).listenForWhisper("typing", page.log.as("typing"));
      channels[i].notification(page.log.as("notified"));
    }
    channels[0].whisper("typing", { name: "kim" });
    assert.deepEqual(await lee.log.next(), ["typing", { name: "kim" }]);
    await publish(`private-${name}`, "App\\Events\\MessageSent", { n: 1 }, kim.echo.socketId());
    assert.deepEqual(await lee.log.next(), ["sent", { n: 1 }]);
    const notification = { id: "x", type: "App\\Notifications\\Paid", amount: 5 };
    await publish(`private-${name}`, "Illuminate\\Notifications\\Events\\BroadcastNotificationCreated", notification);
    assert.deepEqual(await kim.log.next(), ["notified", notification]);
    assert.deepEqual(await lee.log.next(), ["notified", notification]);
    assert.match(kim.echo.socketId(), /^\d+\.\d+$/); // what Pusher's libraries demand of a socket id
  });

  cases("refused channels answer the backend's status", async (open) => {
    const page = await open("1");
    for (const [join, name, status] of [["private", "chat.403", 403], ["join", "room.419", 419], ["private", "chat.500", 500]]) {
      page.echo[join](name);
      const kind = join === "join" ? "presence" : join;
      assert.deepEqual(await page.log.next(), ["error", `${kind}-${name}`, status]);
      page.echo.leave(name); // Echo unsubscribes from what it was never in
    }
    await page.barrier();
  });

  cases("presence channel: here, joining, leaving, whisper", async (open) => {
    const name = unique("room");
    const who = (id) => ({ id, name: `User ${id}` });
    const enter = (page) =>
      page.echo.join(name).here(page.log.as("here")).joining(page.log.as("joining")).leaving(page.log.as("leaving"));
    const kim = await open("1");
    enter(kim);
    assert.deepEqual(await kim.log.next(), ["here", [who(1)]]);
    const lee = await open("2");
    const channel = enter(lee);
    assert.deepEqual(await lee.log.next(), ["here", [who(2), who(1)]]);
    assert.deepEqual(await kim.log.next(), ["joining", who(2)]);
    const tab = await open("2");
    enter(tab);
    assert.deepEqual(await tab.log.next(), ["here", [who(2), who(1)]]);
    kim.echo.join(name).listenForWhisper("typing", kim.log.as("typing"));
    channel.whisper("typing", { on: true });
    assert.deepEqual(await kim.log.next(), ["typing", { on: true }]);
    lee.close(); // its user has another tab
    tab.echo.leave(name);
    assert.deepEqual(await kim.log.next(), ["leaving", who(2)]);
  });

  cases("a lost connection", async (open) => {
    const name = unique("room");
    const other = await open("2");
    other.echo.join(name).here(other.log.as("here")).joining(other.log.as("joining")).leaving(other.log.as("leaving"));
    await other.log.next();
    const recovers = socket.major >= 4;
    const page = await open("1", recovers ? { path: "/recovery/" } : {});
    const news = await listening(page, page.echo.channel(name), name);
    page.echo.join(name).here(page.log.as("here")).listen("MessageSent", page.log.as("in the room"));
    assert.equal((await page.log.next())[0], "here");
    assert.equal((await other.log.next())[0], "joining");
    news.listen("MessageSent", page.log.as("sent"));
    await publish(name, "App\\Events\\MessageSent", 0);
    assert.deepEqual(await page.log.next(), ["sent", 0]);
    await page.lose(async () => {
      assert.equal((await other.log.next())[0], "leaving");
      await publish(name, "App\\Events\\MessageSent", 1);
    });
    assert.equal((await other.log.next())[0], "joining");
    if (recovers) {
      assert.equal(page.socket.recovered, true);
      assert.deepEqual(await page.log.next(), ["sent", 1]);
    }
    assert.equal((await page.log.next())[0], "here");
    await listening(page, news, name);
    await publish(`presence-${name}`, "App\\Events\\MessageSent", 2);
    const next = async () => { // an Echo that subscribes again is answered again, sooner or later
      let line;
      do line = await page.log.next(); while (line[0] === "here");
      return line;
    };
    assert.deepEqual(await next(), ["in the room", 2]);
    await publish(name, "App\\Events\\MessageSent", 3);
    assert.deepEqual(await next(), ["sent", 3]);
  });

  if (socket.major >= 4 && !echo.resubscribes) {
    cases("without recovery it is in no channel any more", async (open) => {
      const name = unique("news");
      const page = await open("1");
      await listening(page, page.echo.channel(name), name);
      page.echo.channel(name).listen("MessageSent", page.log.as("sent"));
      await page.lose();
      await page.barrier();
      await page.log.next();
      await publish(name, "App\\Events\\MessageSent", 1);
      await page.barrier();
      assert.deepEqual(await page.log.next(), ["error", "$barrier", 403]);
    });
  }
}

describe("echo", { concurrency: 12 }, () => {
  for (const echo of echoes) {
    for (const socket of sockets) {
      for (const carrier of carriers) {
        describe(`${echo.name}, ${socket.name}, ${carrier}`, { concurrency: 1 }, () => suite(echo, socket, carrier));
      }
    }
  }
});

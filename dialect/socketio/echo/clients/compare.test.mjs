// The same conversations with laravel-echo-server 1.6.3 and with the fixture at
// BASE_URL. Frames must be the same, ids apart; where they are not on purpose,
// the test says what each server does, and why.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { madang, startLaravelEchoServer, startRedis, Talk } from "./lib/servers.mjs";

let redis, les;
before(async () => {
  redis = await startRedis();
  les = await startLaravelEchoServer(redis);
});
after(async () => {
  await les?.stop();
  await redis?.stop();
});

let run = 0;

/** play has a conversation with a server and returns the transcript. */
async function play(server, script) {
  const talk = new Talk(server);
  try {
    await script(talk, (name) => `${name}-${run}`);
    return talk.transcript();
  } finally {
    talk.close();
  }
}

/** same demands equal transcripts. The handshake of Engine.IO says besides how much one message may have, as that of today's engine.io does. */
const same = (name, script) =>
  test(name, { timeout: 60_000 }, async () => {
    run++;
    const [theirs, ours] = [await play(les, script), await play(madang, script)];
    for (const frames of Object.values(ours)) frames[0] = frames[0].replace(/,"maxPayload":\d+/, "");
    assert.deepEqual(ours, theirs);
    assert.ok(Object.keys(ours).length > 0);
  });

/** differs states what only laravel-echo-server and only madang tell the client "kim"; why is the reason. */
const differs = (name, { why, theirs, ours }, script) =>
  test(`${name}: ${why}`, { timeout: 60_000 }, async () => {
    run++;
    const last = async (server) => (await play(server, script)).kim.slice(2);
    assert.deepEqual(await last(les), theirs(run));
    assert.deepEqual(await last(madang), ours(run));
  });

describe("the same", () => {
  same("handshake, public channels, toOthers", async (talk, at) => {
    const [kim, lee] = [await talk.connect("kim", "1"), await talk.connect("lee", "2")];
    for (const c of [kim, lee]) await c.joined(at("news"));
    await talk.publish(at("news"), "App\\Events\\MessageSent", '{"text":"hello","n":1,"nested":{"a":[]},"socket":null}');
    await talk.publish(at("news"), "order.shipped", '{"order":{"id":7}}', kim.id);
    await talk.publish(at("news"), "others", "[]", "nobody");
    await talk.publish(at("news"), "null", "null");
    for (const text of ['"text"', "5", "false", '""']) await talk.publish(at("news"), "plain", text);
    await talk.publish(at("elsewhere"), "unheard", "1");
    await talk.publish(at("news"), "last", "1");
    for (const c of [kim, lee]) await c.told('"last"');
  });

  same("private channels, refusals, unsubscribe", async (talk, at) => {
    const kim = await talk.connect("kim", "1");
    const nobody = await talk.connect("nobody", "");
    await kim.joined(at("private-a"));
    nobody.emit("subscribe", { channel: at("private-a") });
    await nobody.told("subscription_error");
    for (const name of ["private-x.403", "presence-x.419", "private-x.500"]) {
      kim.subscribe(name);
      await kim.told(name);
    }
    await kim.joined(at("end"));
    kim.emit("unsubscribe", { channel: at("private-a"), auth: {} });
    kim.emit("unsubscribe", { channel: at("never") });
    kim.emit("unsubscribe", { channel: "private-never" });
    kim.emit("subscribe", { channel: "private-y.403" });
    await kim.told("private-y.403");
    await talk.publish(at("private-a"), "unheard", "1");
    await talk.publish(at("end"), "last", "1");
    await kim.told('"last"');
  });

  same("the cookie says who it is when the headers do not", async (talk, at) => {
    const kim = await talk.connect("kim", "");
    kim.emit("subscribe", { channel: at("private-a"), auth: { headers: { Cookie: "user=5" } } });
    await kim.hears(at("private-a"));
    await talk.publish(at("private-a"), "last", "1");
    await kim.told('"last"');
  });

  same("client events", async (talk, at) => {
    const [kim, lee, eve] = [await talk.connect("kim", "1"), await talk.connect("lee", "2"), await talk.connect("eve", "3")];
    for (const c of [kim, lee]) {
      await c.joined(at("private-a"));
      await c.joined(at("news"));
    }
    await eve.joined(at("news"));
    const say = (client, channel, event, data) => client.emit("client event", { channel, event, data });
    say(kim, at("private-a"), "client-typing", { name: "u1" });
    say(kim, at("private-a"), "client-text", "5");
    say(kim, at("private-a"), "client-nothing");
    say(kim, at("private-a"), "client-null", null);
    kim.emit("client event", JSON.stringify({ channel: at("private-a"), event: "client-quoted", data: [1] }));
    kim.send(`451-["client event",{"channel":"${at("private-a")}","event":"client-bytes","data":{"b":{"_placeholder":true,"num":0}}}]`);
    kim.ws.send(Buffer.from([4, 1, 2, 3]));
    say(kim, at("news"), "client-public", 1);
    say(kim, at("private-a"), "typing", 1);
    say(eve, at("private-a"), "client-stranger", 1);
    say(kim, at("private-never"), "client-never", 1);
    kim.emit("client event", "no JSON");
    kim.emit("client event", {});
    kim.emit("client event", 5);
    kim.emit("client event", { channel: at("private-a"), event: 5 });
    kim.emit("client event", { channel: 5, event: "client-x" });
    say(kim, at("private-a"), "client-last", 1);
    await lee.told('"client-last"');
    for (const c of [kim, lee, eve]) await c.hears(at("news"));
  });

  same("presence: here, joining, leaving, a second connection, twice the same", async (talk, at) => {
    const room = at("presence-room");
    const kim = await talk.connect("kim", "1");
    await kim.joined(room);
    const lee = await talk.connect("lee", "zoë");
    await lee.joined(room);
    await kim.told("presence:joining");
    const tab = await talk.connect("tab", "1");
    await tab.joined(room);
    await lee.joined(room);
    await talk.publish(room, "e", "1");
    for (const c of [kim, lee, tab]) await c.told(`["e"`);
    lee.emit("client event", { channel: room, event: "client-typing", data: 1 });
    for (const c of [kim, tab]) await c.told("client-typing");
    tab.emit("unsubscribe", { channel: room });
    await tab.joined(at("end"));
    kim.ws.close();
    await lee.told("presence:leaving");
    const late = await talk.connect("late", "2");
    await late.joined(room);
    await lee.told("presence:joining");
    lee.send("41");
    await late.told("presence:leaving");
    await late.hears(room);
  });
});

describe("different on purpose", () => {
  differs(
    "my-private-thing",
    {
      why: "Laravel and Pusher look at the beginning of a name, and so do their back ends",
      theirs: (n) => [`42["subscription_error","my-private-${n}.403",403]`],
      ours: (n) => [`42["e","my-private-${n}.403",1]`],
    },
    async (talk) => {
      const kim = await talk.connect("kim", "1");
      kim.subscribe(`my-private-${run}.403`);
      if (talk.server === madang) {
        await kim.hears(`my-private-${run}.403`);
        await talk.publish(`my-private-${run}.403`, "e", "1");
      }
      await kim.until((f) => f.startsWith("42"));
    },
  );

  for (const [name, why] of [
    ["$all", "names that begin with $ belong to the server"],
    ["#server-to-user-1", "a user's own channel is for the user"],
  ]) {
    differs(
      name,
      { why, theirs: () => [`42["e","${name}",1]`], ours: () => [`42["subscription_error","${name}",403]`] },
      async (talk) => {
        const kim = await talk.connect("kim", "1");
        kim.subscribe(name);
        if (talk.server !== madang) {
          await kim.hears(name);
          await talk.publish(name, "e", "1");
        }
        await kim.until((f) => f.startsWith("42"));
      },
    );
  }

  for (const [channel, event, why] of [
    ["private-a", "xclient-y", "a client event's name begins with client-, as Pusher has it"],
    ["private-encrypted-a", "client-y", "what clients say there would not be sealed; Pusher refuses it"],
  ]) {
    differs(
      `${event} in ${channel}`,
      { why, theirs: (n) => [`42["${event}","${channel}-${n}",1]`, '42["last","end",1]'], ours: () => ['42["last","end",1]'] },
      async (talk, at) => {
        const [kim, lee] = [await talk.connect("kim", "1"), await talk.connect("lee", "2")];
        for (const c of [kim, lee]) await c.joined(at(channel));
        await kim.joined("end");
        lee.emit("client event", { channel: at(channel), event, data: 1 });
        lee.emit("subscribe", { channel: "private-end.403" });
        await lee.told("private-end.403");
        await talk.publish("end", "last", "1");
        await kim.told('"last"');
      },
    );
  }

  differs(
    "numbers and escapes",
    {
      why: "JSON is carried as it was written: integers beyond 2^53 survive",
      theirs: (n) => [`42["e","news-${n}",{"n":12345678901234567000,"s":"안/"}]`],
      ours: (n) => [`42["e","news-${n}",{"n":12345678901234567890,"s":"\\uc548\\/"}]`],
    },
    async (talk, at) => {
      const kim = await talk.connect("kim", "1");
      await kim.joined(at("news"));
      await talk.publish(at("news"), "e", '{"n":12345678901234567890,"s":"\\uc548\\/"}');
      await kim.told('["e"');
    },
  );

  for (const frame of ['42["unsubscribe",{"channel":"presence-never"}]', '42["subscribe"]', '42["unsubscribe"]', '42["client event",null]']) {
    test(`${frame}: ends laravel-echo-server, with all its clients, and is ignored here`, { timeout: 60_000 }, async () => {
      const victim = await startLaravelEchoServer(redis);
      try {
        const talk = new Talk(victim);
        const kim = await talk.connect("kim", "1");
        kim.send(frame);
        await victim.ended;
        assert.match(victim.said(), /TypeError/);
      } finally {
        await victim.stop();
      }
      run++;
      const ours = await play(madang, async (talk, at) => {
        const kim = await talk.connect("kim", "1");
        kim.send(frame);
        await kim.joined(at("news"));
      });
      assert.equal(ours.kim.length, 2);
    });
  }
});

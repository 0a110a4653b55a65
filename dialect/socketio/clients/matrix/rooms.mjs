// Rooms: unions, exceptions, the sender, several namespaces, volatile.
import assert from "node:assert/strict";

/** settle makes sure that all that was emitted before has been delivered. */
const settle = (clients) => Promise.all(clients.map((client) => client.call("where")));
const heard = (client) => client.seen.heard.map(([what]) => what);

export function rooms({ test, room }) {
  test("a room is joined and left", async (_, settled) => {
    const client = await settled();
    await client.call("join", "가");
    await client.call("join", "b");
    await client.call("join", "b");
    assert.deepEqual(await client.call("rooms"), [["b", "가"]]);
    await client.call("leave", "b");
    await client.call("leave", "never joined");
    assert.deepEqual(await client.call("rooms"), [["가"]]);
  });

  test("a broadcast reaches the union once, without the sender and the exceptions", async (_, settled) => {
    const [sender, both, left, right, outside] = await Promise.all(Array.from({ length: 5 }, () => settled()));
    const [l, r, x] = [room(), room(), room()];
    for (const [client, name] of [[sender, l], [both, l], [both, r], [left, l], [right, r], [right, x]]) {
      await client.call("join", name);
    }
    await sender.call("broadcast", { to: [l, r] }, "heard", "others");
    await sender.call("broadcast", { to: [l, r], self: true }, "heard", "all");
    await sender.call("broadcast", { to: [l, r], except: [x] }, "heard", "not right");
    await sender.call("broadcast", { to: [l, r], except: [both.socket.id], self: true }, "heard", "not both");
    await sender.call("broadcast", { to: [left.socket.id] }, "heard", "only left");
    // A broadcast is an emit to each: what follows on the same wire arrives after it.
    await settle([sender, both, left, right, outside]);
    assert.deepEqual(heard(sender), ["all", "not both"]);
    assert.deepEqual(heard(both), ["others", "all", "not right"]);
    assert.deepEqual(heard(left), ["others", "all", "not right", "not both", "only left"]);
    assert.deepEqual(heard(right), ["others", "all", "not both"]);
    assert.deepEqual(heard(outside), []);
  });

  test("the same room of another namespace is another room", async (_, settled) => {
    const [a, b] = [await settled(), await settled()];
    const name = room();
    const custom = await b.beside("/custom").connected();
    await a.call("join", name);
    await b.call("join", name);
    await custom.call("join", name);
    await a.call("broadcast", { to: [name] }, "heard", "main");
    await custom.call("broadcast", { to: [name], self: true }, "heard", "custom");
    await settle([a, b, custom]);
    assert.deepEqual([heard(a), heard(b), heard(custom)], [[], ["main"], ["custom"]]);
  });

  test("a broadcast of binary", async (_, settled) => {
    const [a, b] = [await settled(), await settled()];
    const name = room();
    await b.call("join", name);
    await a.call("broadcast", { to: [name] }, "heard", { parts: [Buffer.from("하나"), Buffer.from([4])] }, "end");
    const [{ parts }, end] = await b.next("heard");
    assert.deepEqual(parts.map((part) => Buffer.from(part).toString("hex")), ["ed9598eb8298", "04"]);
    assert.equal(end, "end");
  });

  test("a broadcast goes before the leave that follows it", async (_, settled) => {
    const client = await settled();
    const name = room();
    await client.call("join", name);
    await Promise.all([
      client.call("broadcast", { to: [name], self: true }, "heard", "last words"),
      client.call("leave", name),
      client.call("broadcast", { to: [name], self: true }, "heard", "too late"),
    ]);
    await settle([client]);
    assert.deepEqual(heard(client), ["last words"]);
  });

  test("volatile: may be lost, never doubled, never ahead of its time", async (_, settled) => {
    const [a, b] = [await settled(), await settled()];
    const name = room();
    await b.call("join", name);
    const sent = Array.from({ length: 40 }, (_, i) => i);
    for (const i of sent) await a.call("broadcast", { to: [name], volatile: i % 2 === 0 }, "heard", i);
    await settle([b]);
    const got = heard(b);
    assert.deepEqual(got, [...got].sort((x, y) => x - y));
    assert.equal(new Set(got).size, got.length);
    assert.deepEqual(got.filter((i) => i % 2 === 1), sent.filter((i) => i % 2 === 1));
    assert.ok(got.some((i) => i % 2 === 0), "an idle client lost every volatile event");
  });
}

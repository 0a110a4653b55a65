// Heartbeats, and the ways in which a connection ends or begins again.
import assert from "node:assert/strict";
import { pause } from "../lib/kit.mjs";

export function lifetime({ test, generation }) {
  // The fixture's interval is 500 ms and its timeout 1,500 ms: a side that
  // missed the heartbeats would have given up well before this ends.
  test("heartbeats keep an idle connection", async (_, settled) => {
    const client = await settled();
    const id = client.socket.id;
    await pause(4500);
    assert.equal(client.seen.disconnect.length, 0);
    assert.equal(client.seen.connect.length, 1);
    assert.deepEqual(await client.call("message-with-ack", "alive"), ["alive"]);
    assert.equal(client.socket.id, id);
  });

  test("reconnects after the server closed the transport", async (_, settled) => {
    const client = await settled({ nsp: "/custom", auth: { token: "kept" } });
    const id = client.socket.id;
    client.emit("close-transport");
    const [reason] = await client.next("disconnect");
    assert.equal(reason, "transport close");
    await client.count("connect", 2);
    assert.notEqual(client.socket.id, id);
    const greetings = await client.count("auth", 2);
    assert.deepEqual(greetings[1], [{ token: "kept" }]);
    assert.deepEqual(await client.call("message-with-ack", "back"), ["back"]);
  });

  test("events emitted while away are sent on return, once and in order", async (_, settled) => {
    const client = await settled();
    client.emit("close-transport");
    await client.next("disconnect");
    for (let i = 0; i < 5; i++) client.emit("collect", i);
    assert.deepEqual(await client.call("collected"), [[0, 1, 2, 3, 4]]);
  });

  test("does not come back after the server sent it away", async (_, settled) => {
    const client = await settled();
    const other = await client.beside("/other").connected();
    client.emit("kick");
    assert.deepEqual((await client.next("disconnect")).slice(0, 1), ["io server disconnect"]);
    assert.deepEqual((await other.next("disconnect")).slice(0, 1), ["io server disconnect"]);
    await pause(300);
    assert.equal(client.seen.connect.length, 1);
    assert.equal(client.socket.connected, false);
  });

  test("comes back when it asks to", async (_, settled) => {
    const client = await settled();
    client.emit("kick");
    await client.next("disconnect");
    await pause(100);
    client.socket.connect();
    await client.count("connect", 2);
    assert.deepEqual(await client.call("message-with-ack", "again"), ["again"]);
  });

  test("leaves by itself, and the server forgets it", async (_, settled) => {
    const [stays, leaves] = [await settled(), await settled()];
    await leaves.call("join", "farewell" + stays.socket.id);
    stays.socket.on("question", (_arg, answer) => answer("here"));
    await stays.call("join", "farewell" + stays.socket.id);
    leaves.close();
    const reason = (await leaves.next("disconnect"))[0];
    assert.ok(["io client disconnect", "forced close"].includes(reason), reason);
    // Once the server has noticed, only one member is left to answer.
    for (let left = 50; ; left--) {
      const [{ error, answers }] = await stays.call("broadcast-ask", "farewell" + stays.socket.id, 200, "?");
      if (error === null) {
        assert.deepEqual(answers, ["here"]);
        break;
      }
      assert.ok(left > 0, "the server still counts a client that left");
    }
    if (generation.major === 4) assert.equal(stays.socket.active, true);
  });
}

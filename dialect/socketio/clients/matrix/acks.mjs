// Acknowledgements: from both sides, late, never, and more than once.
import assert from "node:assert/strict";
import { pause } from "../lib/kit.mjs";
import { describe } from "../lib/values.mjs";

export function acks({ test, generation, room }) {
  test("the server acknowledges", async (_, settled) => {
    const client = await settled();
    assert.deepEqual(await client.call("message-with-ack"), []);
    assert.deepEqual(await client.call("message-with-ack", 1, "둘", { three: [3] }), [1, "둘", { three: [3] }]);
    assert.deepEqual(await client.call("message-with-ack", null), [null]);
  });

  test("acknowledgements find the call they belong to", async (_, settled) => {
    const client = await settled();
    const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => client.call("message-with-ack", i)));
    assert.deepEqual(answers, Array.from({ length: 50 }, (_, i) => [i]));
  });

  test("the server asks and the client acknowledges", async (_, settled) => {
    const client = await settled();
    client.socket.on("question", (a, b, answer) => answer(b, a));
    assert.deepEqual(await client.call("ask", 1, { two: 2 }), [{ two: 2 }, 1]);
    const [back, one] = await client.call("ask", "bytes", Buffer.from([1, 4, 255]));
    assert.deepEqual(describe(back), { bytes: "0104ff" });
    assert.equal(one, "bytes");
  });

  test("the server stops waiting for an answer", async (_, settled) => {
    const client = await settled();
    assert.deepEqual(await client.call("ask-impatient", 50), ["operation has timed out"]);
    assert.equal(client.seen.unanswerable.length, 1);
    // The late answer is for nobody, and does no harm.
    client.seen.unanswerable[0].at(-1)("late");
    assert.deepEqual(await client.call("message-with-ack", "after"), ["after"]);
  });

  test("an event may stay without acknowledgement", async (_, settled) => {
    const client = await settled();
    let answered = 0;
    client.socket.emit("silent", () => answered++);
    if (generation.major === 4) {
      const err = await new Promise((resolve) => client.socket.timeout(50).emit("silent", resolve));
      assert.equal(err.message, "operation has timed out");
    } else {
      await pause(100);
    }
    assert.deepEqual(await client.call("message-with-ack", "after"), ["after"]);
    assert.equal(answered, 0);
  });

  test("only the first acknowledgement counts", async (_, settled) => {
    const client = await settled();
    const answers = [];
    client.socket.emit("ack-twice", (answer) => answers.push(answer));
    await client.call("where");
    await client.call("where");
    assert.deepEqual(answers, ["first"]);
  });

  test("a whole room is asked", async (_, settled) => {
    const [a, b] = [await settled(), await settled()];
    const name = room();
    await a.call("join", name);
    await b.call("join", name);
    a.socket.on("question", (arg, answer) => answer(`a ${arg}`));
    b.socket.on("question", (arg, answer) => answer(`b ${arg}`));
    const [{ error, answers }] = await a.call("broadcast-ask", name, 5000, "hears");
    assert.equal(error, null);
    assert.deepEqual(answers.sort(), ["a hears", "b hears"]);
  });

  test("a room in which one member keeps silent", async (_, settled) => {
    const [a, b] = [await settled(), await settled()];
    const name = room();
    await a.call("join", name);
    await b.call("join", name);
    a.socket.on("question", (arg, answer) => answer(arg));
    const [{ error, answers }] = await a.call("broadcast-ask", name, 500, "a");
    assert.equal(error, "operation has timed out");
    assert.deepEqual(answers, ["a"]);
  });
}

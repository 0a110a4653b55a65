// Everything a NestJS gateway promises its front-end, checked against a real server.
//
//   BASE_URL      where it listens                         TOKEN_A, TOKEN_B  tokens of two users
//   AUTH_MODE     its auth.mode: reject (default),         TOKEN_EXPIRED     a token whose time is over
//                 disconnect or per-event
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, test } from "node:test";
import { connect, sendMessage } from "./client.mjs";

const { BASE_URL, TOKEN_A, TOKEN_B, TOKEN_EXPIRED, AUTH_MODE = "reject" } = process.env;
for (const [name, value] of Object.entries({ BASE_URL, TOKEN_A, TOKEN_B, TOKEN_EXPIRED })) {
  assert.ok(value, `the environment has no ${name}`);
}

const missing = "인증 토큰이 누락되었습니다.";
const invalid = "유효하지 않거나 만료된 토큰입니다.";
const [head, body, signature] = TOKEN_A.split(".");
const forgedBody = Buffer.from(JSON.stringify({ ...claims(TOKEN_A), sub: claims(TOKEN_B).sub })).toString("base64url");

const badTokens = {
  "no token": [undefined, "token_missing", missing],
  "an empty token": ["", "token_missing", missing],
  "no token at all but text": ["YOUR_VALID_JWT_TOKEN", "token_invalid", invalid],
  "a token changed after it was signed": [`${head}.${forgedBody}.${signature}`, "token_invalid", invalid],
  "a token cut short": [`${head}.${body}.`, "token_invalid", invalid],
  "an expired token": [TOKEN_EXPIRED, "token_expired", invalid],
};

function claims(token) {
  return JSON.parse(Buffer.from(token.split(".")[1], "base64url"));
}

// Waits that lost a race; they end with their scene.
const waits = new Set();

/** next resolves with the first argument of the next such event. */
function next(socket, event, wanted = () => true) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no ${event}`)), 10_000);
    waits.add(timer);
    socket.on(event, function listener(value) {
      if (!wanted(value)) return;
      clearTimeout(timer);
      socket.off(event, listener);
      resolve(value);
    });
  });
}

/** scene runs a test with a way to open sockets that are closed when it ends. */
function scene(name, play) {
  test(name, { timeout: 30_000 }, async () => {
    const opened = [];
    const enter = (token) => {
      const socket = connect(BASE_URL, token);
      opened.push(socket);
      return socket;
    };
    try {
      await play(enter, async (token) => {
        const socket = enter(token);
        await Promise.race([
          next(socket, "connect"),
          next(socket, "connect_error").then((err) => Promise.reject(err)),
        ]);
        return socket;
      });
    } finally {
      for (const socket of opened) socket.disconnect();
      for (const timer of waits) clearTimeout(timer);
      waits.clear();
    }
  });
}

const refusals = {
  reject(enter, [token, code, text]) {
    const socket = enter(token);
    let connected = false;
    socket.on("connect", () => (connected = true));
    return next(socket, "connect_error").then((err) => {
      assert.equal(err.message, text);
      assert.equal(err.data.code, code);
      assert.equal(socket.active, false, "the client would try again by itself");
      assert.equal(connected, false);
    });
  },

  async disconnect(enter, [token]) {
    assert.equal(await next(enter(token), "disconnect"), "io server disconnect");
  },

  async "per-event"(enter, [token, , text]) {
    const socket = enter(token);
    await next(socket, "connect");
    let acknowledged = false;
    const exception = next(socket, "exception");
    socket.emit("sendMessage", { message: "must not be heard" }, () => (acknowledged = true));
    const { status, message } = await exception;
    assert.deepEqual({ status, message }, { status: "error", message: text });
    assert.equal(acknowledged, false);
    assert.equal(socket.connected, true, "an exception ends an event, not the connection");
  },
};

describe(`who may not come in (auth.mode ${AUTH_MODE})`, () => {
  for (const [name, bad] of Object.entries(badTokens)) {
    scene(name, (enter) => refusals[AUTH_MODE](enter, bad));
  }

  scene("who was not let in hears nothing", async (enter, admitted) => {
    const stranger = enter(undefined);
    const heard = [];
    stranger.on("message.created", (message) => heard.push(message));
    await next(stranger, { reject: "connect_error", disconnect: "disconnect", "per-event": "connect" }[AUTH_MODE]);
    const [a, b] = [await admitted(TOKEN_A), await admitted(TOKEN_B)];
    const text = `비밀 ${randomUUID()}`;
    const arrived = next(b, "message.created", (message) => message.text === text);
    await sendMessage(a, text);
    await arrived;
    assert.deepEqual(heard, []);
  });
});

describe("who may", () => {
  scene("is connected", async (_, admitted) => {
    const socket = await admitted(TOKEN_A);
    assert.ok(socket.id);
  });

  scene("is heard by others under the name in the token", async (_, admitted) => {
    const [a, b] = [await admitted(TOKEN_A), await admitted(TOKEN_B)];
    const text = `안녕하세요 😀 ${randomUUID()}`;
    const arrived = next(b, "message.created", (message) => message.text === text);
    const { seq } = await sendMessage(a, text);
    assert.ok(Number.isInteger(seq) && seq > 0, `seq ${seq}`);
    const message = await arrived;
    assert.equal(message.seq, seq);
    assert.equal(message.sender, claims(TOKEN_A).sub);
    assert.ok(message.room);
    assert.ok(Math.abs(Date.parse(message.created_at) - Date.now()) < 300_000, message.created_at);
  });

  scene("cannot speak in another's name", async (_, admitted) => {
    const [a, b] = [await admitted(TOKEN_A), await admitted(TOKEN_B)];
    const text = `forged ${randomUUID()}`;
    const arrived = next(b, "message.created", (message) => message.text === text);
    const sender = claims(TOKEN_B).sub;
    a.emit("sendMessage", { message: text, sender, user: sender, userId: sender, sub: sender });
    assert.equal((await arrived).sender, claims(TOKEN_A).sub);
  });

  scene("can read back over HTTP what was said", async (_, admitted) => {
    const [a, b] = [await admitted(TOKEN_A), await admitted(TOKEN_B)];
    const text = `다시 읽기 ${randomUUID()}`;
    const arrived = next(b, "message.created", (message) => message.text === text);
    const { seq } = await sendMessage(a, text);
    const { room } = await arrived;
    const res = await fetch(`${BASE_URL}/v1/rooms/${encodeURIComponent(room)}/messages?around=${seq}`, {
      headers: { authorization: `Bearer ${TOKEN_B}` },
    });
    assert.equal(res.status, 200);
    const answer = await res.json();
    const stored = (answer.messages ?? answer).find((message) => message.seq === seq);
    assert.equal(stored?.text, text);
    assert.equal(stored.sender, claims(TOKEN_A).sub);
  });

  scene("messages of one sender keep their order, without gaps in what is acknowledged", async (_, admitted) => {
    const [a, b] = [await admitted(TOKEN_A), await admitted(TOKEN_B)];
    const mark = randomUUID();
    const heard = [];
    const last = new Promise((resolve) => {
      b.on("message.created", (message) => {
        if (message.text.startsWith(mark) && heard.push(message) === 20) resolve();
      });
    });
    const acks = await Promise.all(Array.from({ length: 20 }, (_, i) => sendMessage(a, `${mark} ${i}`)));
    await last;
    assert.deepEqual(heard.map(({ text }) => text), acks.map((_, i) => `${mark} ${i}`));
    assert.deepEqual(heard.map(({ seq }) => seq), acks.map(({ seq }) => seq));
    assert.deepEqual(acks.map(({ seq }) => seq), [...acks.map(({ seq }) => seq)].sort((x, y) => x - y));
  });
});

// The two servers of the comparison, and clients that speak Engine.IO 3 by hand.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createConnection, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import WebSocket from "ws";
import { BASE_URL, publish } from "./echo.mjs";

const usual = 10_000;

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/** saying starts a program and resolves when it has printed a line that contains a word. */
async function saying(word, command, args, options) {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], ...options });
  let said = "";
  child.stderr.on("data", (text) => (said += text));
  const ended = once(child, "exit");
  await new Promise((resolve, reject) => {
    child.on("error", reject);
    ended.then(() => reject(new Error(`${command} has ended: ${said}`)));
    createInterface(child.stdout).on("line", (line) => {
      said += `${line}\n`;
      if (line.includes(word)) resolve();
    });
  });
  return {
    ended,
    said: () => said,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill();
      await ended;
    },
  };
}

/** startRedis starts a Redis of its own on a free port. */
export async function startRedis() {
  const port = await freePort();
  const dir = mkdtempSync(join(tmpdir(), "redis-"));
  const server = await saying("Ready to accept connections", "redis-server", ["--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", dir]);
  return {
    port,
    /** publish is what Laravel's Redis broadcaster does. */
    async publish(channel, payload) {
      const socket = createConnection(port, "127.0.0.1");
      const parts = ["PUBLISH", channel, payload];
      socket.write(`*3\r\n${parts.map((p) => `$${Buffer.byteLength(p)}\r\n${p}\r\n`).join("")}`);
      await once(socket, "data");
      socket.destroy();
    },
    async stop() {
      await server.stop();
      rmSync(dir, { recursive: true });
    },
  };
}

/** startLaravelEchoServer starts one that asks the fixture whether clients may subscribe. */
export async function startLaravelEchoServer(redis) {
  const port = await freePort();
  const script = fileURLToPath(new URL("../les.mjs", import.meta.url));
  const server = await saying("up", process.execPath, [script, port, redis.port, BASE_URL]);
  return {
    name: "laravel-echo-server",
    url: `ws://127.0.0.1:${port}`,
    ended: server.ended,
    said: server.said,
    stop: server.stop,
    publish: (channel, event, data, socket = null) => redis.publish(channel, `{"event":${JSON.stringify(event)},"data":${data},"socket":${JSON.stringify(socket)}}`),
  };
}

/** madang is the fixture at BASE_URL. */
export const madang = {
  name: "madang",
  url: BASE_URL.replace("http", "ws"),
  publish: async (channel, event, data, socket = "") => {
    const body = `{"channels":[${JSON.stringify(channel)}],"event":${JSON.stringify(event)},"data":${data},"socket":${JSON.stringify(socket ?? "")}}`;
    const answer = await fetch(`${BASE_URL}/publish`, { method: "POST", body });
    if (!answer.ok) throw new Error(await answer.text());
  },
};

/** alias is the first 16 bytes of an id's SHA-256, as two numbers. */
function alias(id) {
  const sum = createHash("sha256").update(id).digest();
  return `${sum.readBigUInt64BE(0)}.${sum.readBigUInt64BE(8)}`;
}

const probe = "server.probe";

/** A Talk is one conversation with a server: named clients, and what each was told. */
export class Talk {
  constructor(server) {
    this.server = server;
    this.clients = [];
  }

  /** connect opens a client that speaks for a user. */
  async connect(name, user = name) {
    const client = new Client(this, name, user);
    this.clients.push(client);
    await client.until((frame) => frame === "40");
    return client;
  }

  publish(channel, event, data, socket) {
    return this.server.publish(channel, event, data, socket);
  }

  /**
   * transcript is what each client was told, with the names of clients in the place of their ids, and of the aliases by
   * which madang shows them to others: an id is as good as a password, so members of a channel must not see each other's.
   */
  transcript() {
    const all = {};
    for (const { name, frames } of this.clients) {
      all[name] = frames.map((frame) => this.clients.reduce((text, c) => text.replaceAll(this.seen(c), `<${c.name}>`).replaceAll(c.id, `<${c.name}>`), frame));
    }
    return all;
  }

  /** seen is what a server shows to others as a client's id. */
  seen({ id }) {
    return this.server === madang ? alias(id) : id;
  }

  close() {
    for (const client of this.clients) client.ws.terminate();
  }
}

class Client {
  frames = [];
  #probes = 0;
  #wake = () => {};

  constructor(talk, name, user) {
    Object.assign(this, { talk, name, user, id: "?" });
    this.ws = new WebSocket(`${talk.server.url}/socket.io/?EIO=3&transport=websocket`);
    this.ws.on("error", () => {}); // shows in what it is not told
    this.ws.on("message", (data, binary) => {
      const frame = binary ? `b:${data.toString("hex")}` : data.toString();
      if (frame.startsWith("0{")) this.id = JSON.parse(frame.slice(1)).sid;
      if (frame.startsWith(`42["${probe}"`)) this.#probes++;
      else if (frame !== "3") this.frames.push(frame);
      this.#wake();
    });
  }

  send(...frames) {
    for (const frame of frames) this.ws.send(frame);
  }

  emit(event, ...args) {
    this.send(`42${JSON.stringify([event, ...args])}`);
  }

  subscribe(channel) {
    this.emit("subscribe", { channel, auth: { headers: { Authorization: `Bearer ${this.user}` } } });
  }

  /** joined subscribes and waits until it has. */
  async joined(channel) {
    const before = this.frames.length;
    this.subscribe(channel);
    if (channel.startsWith("presence-")) await this.until((f) => f.startsWith('42["presence:subscribed"'), before);
    await this.hears(channel);
  }

  /** hears waits until something that is published in a channel arrives; that is left out of the transcript. */
  async hears(channel) {
    const before = this.#probes;
    const end = Date.now() + usual;
    while (this.#probes === before) {
      if (Date.now() > end) throw new Error(`${this.talk.server.name}: ${this.name} does not hear ${channel}`);
      await this.talk.publish(channel, probe, "1");
      await this.#moment(5);
    }
  }

  /** until waits for a frame behind the first ones. */
  async until(condition, from = 0) {
    for (const end = Date.now() + usual; !this.frames.slice(from).some(condition); ) {
      if (Date.now() > end) throw new Error(`${this.talk.server.name}: ${this.name} waits in vain; told ${JSON.stringify(this.frames)}`);
      await this.#moment(end - Date.now());
    }
  }

  /** told waits until it has been told something that contains a text. */
  told(text) {
    return this.until((frame) => frame.includes(text));
  }

  #moment(ms) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => (clearTimeout(timer), resolve());
    });
  }
}

// What the tests need: Madang and this back end, both real programs on ports of their own, clients as the page's, and people.
// MADANG names the program, CHROMIUM the browser, SHOTS a folder for pictures.

import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ably } from "../server/ably.mjs";

const example = join(import.meta.dirname, "..");
const patience = 20_000;

/** The versions of Ably's library. */
export const versions = ["1", "2"];

/** A port on which nobody listens, below those that the system gives to outgoing connections. */
async function freePort() {
  for (;;) {
    const port = 22_000 + randomBytes(2).readUInt16LE() % 5000;
    const free = await new Promise((done) => {
      const server = createServer().on("error", () => done(false)).listen(port, "127.0.0.1", () => server.close(() => done(true)));
    });
    if (free) return port;
  }
}

/** A program that says where it listens. */
class Program {
  constructor(words, options) {
    Object.assign(this, { words, options, said: "" });
  }

  async start() {
    const [command, ...words] = this.words;
    this.child = spawn(command, words, { stdio: ["ignore", "pipe", "pipe"], ...this.options });
    this.ended = new Promise((ended) => this.child.on("close", ended).on("error", ended));
    const from = this.said.length;
    await new Promise((done, failed) => {
      const late = setTimeout(failed, patience);
      for (const out of [this.child.stdout, this.child.stderr]) {
        out.on("data", (text) => {
          this.said += text;
          if (!/^listening on http/m.test(this.said.slice(from))) return;
          clearTimeout(late);
          done();
        });
      }
      this.ended.then(() => { clearTimeout(late); failed(); });
    }).catch(async () => {
      await this.kill();
      throw new Error(`${this.words.join(" ")} does not listen:\n${this.said}`);
    });
    return this;
  }

  /** Ends it as a power cut does. */
  async kill() {
    this.child?.kill("SIGKILL");
    await this.ended;
  }
}

/** Starts both. More of Madang's configuration, and of the back end's environment, may be given. */
export async function stage(version, { lenient = false, env = {} } = {}) {
  const folder = await mkdtemp(join(tmpdir(), "ably-chat-"));
  const [madangPort, port] = [await freePort(), await freePort()];
  const key = `app1.chat:${randomBytes(16).toString("hex")}`;
  const secret = key.split(":")[1];
  await writeFile(join(folder, "madang.yaml"), [
    `listen: 127.0.0.1:${madangPort}`,
    `apps: [{id: app1, keys: [{name: chat, secret: ${secret}}]}]`,
    `auth: {jwt: {secret: ${randomBytes(32).toString("hex")}}, ably: {lenient: ${lenient}}}`, "",
  ].join("\n"), { mode: 0o600 });
  const paths = { PATH: process.env.PATH, HOME: folder, TMPDIR: folder };
  const madang = new Program([process.env.MADANG ?? "madang", "serve"], { cwd: folder, env: paths });
  const url = `http://127.0.0.1:${madangPort}`;
  const backend = new Program([process.execPath, "server/main.mjs"], {
    cwd: example,
    env: {
      ...paths, ABLY_SECRET_KEY: key, ABLY_VERSION: version, MADANG_URL: url, PORT: String(port),
      DATA: join(folder, "chat.jsonl"), JWT_SECRET: randomBytes(32).toString("hex"), ...env,
    },
  });
  const world = { version, Ably: ably(version, url), key, base: `http://127.0.0.1:${port}`, madang, backend, folder, clients: [] };
  world.close = async () => {
    for (const client of world.clients) client.close();
    await world.browser?.close();
    await backend.kill();
    await madang.kill();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await Promise.all([madang.start(), backend.start()]);
  } catch (error) {
    await world.close();
    throw error;
  }
  return world;
}

/** Asks the back end; returns status, body and headers. */
export async function ask({ base }, method, path, { body, token, cookie } = {}) {
  const answer = await fetch(`${base}/${path}`, {
    method, body: body && JSON.stringify(body),
    headers: { ...(token && { Authorization: `Bearer ${token}` }), ...(cookie && { Cookie: cookie }) },
  });
  const text = await answer.text();
  const type = answer.headers.get("Content-Type") ?? "";
  return { status: answer.status, type, body: type === "application/json" ? JSON.parse(text) : text, headers: answer.headers };
}

/** Somebody signs up. */
export async function person(world, name) {
  const email = `${name}-${randomBytes(3).toString("hex")}@example.com`;
  const answer = await ask(world, "POST", "auth/sign-up", { body: { email, name, password: "correct horse" } });
  if (answer.status !== 201) throw new Error(`sign-up: ${answer.status} ${JSON.stringify(answer.body)}`);
  const { token } = answer.body;
  const cookie = answer.headers.get("Set-Cookie").split(";")[0];
  const { sub } = JSON.parse(Buffer.from(token.split(".")[1], "base64url"));
  return { email, name, id: sub, token, cookie, ask: (method, path, body) => ask(world, method, path, { body, token, cookie }) };
}

/** A client with the options that the page has; Node has no cookies of its own. */
export function connect(world, { token, cookie }, more = {}) {
  const client = new world.Ably.Realtime({
    token, authUrl: `${world.base}/auth/re-create`, authHeaders: { Cookie: cookie }, transports: ["web_socket"],
    ...world.Ably.hostOptions, log: { level: 0 }, logLevel: 0, ...more,
  });
  world.clients.push(client);
  return client;
}

/** Waits until something of Ably's is in a state. */
export function state(emitter, name) {
  if (emitter.state === name) return Promise.resolve(emitter);
  return event(emitter, name, () => `it is ${emitter.state}: ${emitter.errorReason}`);
}

/** Waits for the next event of something of Ably's. */
export function event(emitter, name, else_ = () => "it did not come") {
  return new Promise((done, failed) => {
    const late = setTimeout(() => failed(new Error(`${name}: ${else_()}`)), patience);
    emitter.once(name, (change) => { clearTimeout(late); done(change); });
  });
}

/** Waits until something is so, and returns what it is. */
export async function until(what, is) {
  for (const end = Date.now() + patience; ;) {
    const found = await is();
    if (found) return found;
    if (Date.now() > end) throw new Error(`${what}: not in time`);
    await new Promise((wait) => setTimeout(wait, 20));
  }
}

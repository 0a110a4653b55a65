// What the tests of the page need: Redis, this application, Madang and a browser, all of them real and on ports of their
// own. Madang has nothing but laravel-echo-server.json with these ports, and a key of pusher-js. MADANG names the program,
// CHROMIUM the browser, SHOTS a folder for pictures.

import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const example = join(import.meta.dirname, "..");
const patience = 20_000;

/** A port on which nobody listens, below those that the system gives to outgoing connections. */
async function freePort() {
  for (;;) {
    const port = 27_000 + randomBytes(2).readUInt16LE() % 5000;
    const free = await new Promise((done) => {
      const server = createServer().on("error", () => done(false)).listen(port, "127.0.0.1", () => server.close(() => done(true)));
    });
    if (free) return port;
  }
}

const accepts = (port) => new Promise((answer) => {
  const socket = connect(port, "127.0.0.1", () => { socket.destroy(); answer(true); }).on("error", () => answer(false));
});

/** A program that listens on a port. */
class Program {
  constructor(port, words, options) {
    Object.assign(this, { port, words, options, said: "" });
  }

  /** Starts it and waits until it listens. */
  async start() {
    const [command, ...words] = this.words;
    const child = spawn(command, words, { stdio: ["ignore", "pipe", "pipe"], ...this.options });
    this.child = child;
    this.ended = new Promise((ended) => child.on("close", ended).on("error", ended));
    for (const out of [child.stdout, child.stderr]) out.on("data", (text) => { this.said += text; });
    let over = false;
    this.ended.then(() => { over = true; });
    for (const end = Date.now() + patience; !over && Date.now() < end; await new Promise((wait) => setTimeout(wait, 50))) {
      if (await accepts(this.port)) return this;
    }
    await this.kill();
    throw new Error(`${this.words.join(" ")} does not listen on ${this.port}:\n${this.said}`);
  }

  /** Ends it as a power cut does. */
  async kill() {
    this.child?.kill("SIGKILL");
    await this.ended;
  }
}

/** Starts everything. The driver is Laravel's broadcaster: redis or pusher. */
export async function stage(driver) {
  const folder = await mkdtemp(join(tmpdir(), "laravel-echo-"));
  const [redisPort, webPort, echoPort] = [await freePort(), await freePort(), await freePort()];
  const base = `http://127.0.0.1:${webPort}`;
  const secret = randomBytes(16).toString("hex");
  const config = JSON.parse(await readFile(join(example, "laravel-echo-server.json"), "utf8"));
  Object.assign(config, { port: String(echoPort), authHost: base });
  config.databaseConfig.redis.port = String(redisPort);
  config.apiOriginAllow.allowOrigin = base;
  await writeFile(join(folder, "laravel-echo-server.json"), JSON.stringify(config));
  const paths = { PATH: process.env.PATH, HOME: folder, TMPDIR: folder };
  const env = {
    ...paths, REDIS_PORT: String(redisPort), MADANG_URL: `http://127.0.0.1:${echoPort}`, BROADCAST_DRIVER: driver,
    PUSHER_APP_KEY: "page-key", PUSHER_APP_SECRET: secret, PHP_CLI_SERVER_WORKERS: "4", // an answer may need another one
  };
  const redis = new Program(redisPort, ["redis-server", "--port", redisPort, "--bind", "127.0.0.1", "--save", "", "--dir", folder]);
  const web = new Program(webPort, ["php", "-S", `127.0.0.1:${webPort}`, "-t", "public", "public/index.php"], { cwd: example, env, detached: true });
  const madang = new Program(echoPort, [process.env.MADANG ?? "madang", "serve", "--echo-config", "laravel-echo-server.json"],
    { cwd: folder, env: { ...paths, MADANG_APPS: `${config.clients[0].appId}:page-key:${secret}` } });
  const world = { base, env, madang, folder, complaints: [] };
  world.close = async () => {
    await world.browser?.close();
    await redis.kill();
    await madang.kill();
    if (web.child) process.kill(-web.child.pid, "SIGKILL"); // its workers too
    await web.ended;
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await Promise.all([redis.start(), web.start(), madang.start()]);
    world.browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu", "--no-first-run"] });
  } catch (error) {
    await world.close();
    throw error;
  }
  return world;
}

/** Runs broadcast.php: an event from the command line. */
export async function broadcast({ env }, ...words) {
  let said = "";
  const child = spawn("php", ["broadcast.php", ...words], { cwd: example, env });
  for (const out of [child.stdout, child.stderr]) out.on("data", (text) => { said += text; });
  const status = await new Promise((done) => child.on("close", done));
  if (status || said) throw new Error(`broadcast.php ${words.join(" ")}: ${status} ${said}`);
}

/** Somebody opens the page in a browser of their own. What the page complains about is noted. */
export async function open(world, user, via, { width = 1280, height = 860, before, ...more } = {}) {
  const context = await world.browser.newContext({ locale: "ko-KR", timezoneId: "Asia/Seoul", viewport: { width, height }, ...more });
  const page = await context.newPage();
  page.setDefaultTimeout(patience);
  page.on("pageerror", (error) => world.complaints.push(`${user}: ${error}`));
  page.on("console", (message) => {
    // A server that is killed, and a channel that is refused, are meant to be.
    if (message.type() === "error" && !/ERR_|Failed to load resource|WebSocket connection/.test(message.text())) world.complaints.push(`${user}: ${message.text()}`);
  });
  await before?.(page);
  await page.goto(`${world.base}/?user=${user}&via=${via}`);
  await page.locator('#state[data-state="on"]').waitFor();
  return page;
}

export const users = (page, ...ids) => Promise.all(ids.map((id) => page.locator(`#users [data-user="${id}"]`).waitFor()));
export const texts = (page, list) => page.locator(`#${list} .text`).allTextContents();
export const heard = (page, list, text) => page.locator(`#${list} .text`, { hasText: text }).waitFor();

/** Types into a field and presses its button. */
export async function say(page, field, text) {
  await page.locator(`#${field}`).fill(text);
  await page.locator(`form:has(#${field}) button`).click();
}

/** Waits until both are in the room. Socket.IO does not tell, so one types until the other sees it, and then the other way. */
export async function together(one, two) {
  for (const [from, to] of [[one, two], [two, one]]) {
    const typing = to.locator("#typing", { hasText: "입력하고 있습니다" });
    for (const end = Date.now() + patience; ;) {
      await from.locator("#text").press(".");
      const seen = await typing.waitFor({ timeout: 1100 }).then(() => true, () => false); // it is told once a second
      if (seen) break;
      if (Date.now() > end) throw new Error("nobody is seen typing");
    }
    await from.locator("#text").fill("");
  }
}

/** Takes a picture, if somebody wants to look. */
export async function shot(page, name) {
  if (process.env.SHOTS) await page.screenshot({ path: join(process.env.SHOTS, `${name}.png`) });
}

// Three people open the page in a real browser. Redis, this application and Madang are real as well, and Madang has nothing
// but laravel-echo-server.json with other ports. MADANG names the program (ECHO_SERVER, instead, a command that starts
// laravel-echo-server in a folder with that file: the page cannot tell them apart); CHROMIUM the browser.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { chromium } from "playwright-core";

const here = import.meta.dirname;
const patience = 15_000;
const started = [];
let folder, browser, base, env;

/** A port on which nobody listens. */
const freePort = () => new Promise((done, failed) => {
  const server = createServer().on("error", failed).listen(0, "127.0.0.1", () => {
    const { port } = server.address();
    server.close(() => done(port));
  });
});

/** Starts a program and waits until it listens on a port. */
async function start(port, [command, ...words], options = {}) {
  let said = "";
  const child = spawn(command, words, { stdio: ["ignore", "pipe", "pipe"], ...options });
  started.push(child);
  for (const out of [child.stdout, child.stderr]) out.on("data", (text) => { said += text; });
  const failed = new Promise((_, fail) => child.on("error", fail).on("exit", (code) => fail(new Error(`${command} ended with ${code}:\n${said}`))));
  failed.catch(() => {});
  const listens = async () => {
    for (const end = Date.now() + patience; Date.now() < end; await new Promise((wait) => setTimeout(wait, 50))) {
      const there = await new Promise((answer) => {
        const socket = connect(port, "127.0.0.1", () => { socket.destroy(); answer(true); }).on("error", () => answer(false));
      });
      if (there) return;
    }
    throw new Error(`${command} does not listen on ${port}:\n${said}`);
  };
  await Promise.race([listens(), failed]);
}

/** Fires an event from the command line. */
const broadcast = (...words) => promisify(execFile)("php", ["broadcast.php", ...words], { cwd: here, env });

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "laravel-echo-"));
  const [redis, web, echo] = await Promise.all([freePort(), freePort(), freePort()]);
  const config = JSON.parse(await readFile(join(here, "laravel-echo-server.json"), "utf8"));
  config.databaseConfig.redis.port = String(redis);
  config.port = String(echo);
  config.authHost = config.apiOriginAllow.allowOrigin = base = `http://127.0.0.1:${web}`;
  await writeFile(join(folder, "laravel-echo-server.json"), JSON.stringify(config));
  env = { PATH: process.env.PATH, TMPDIR: folder, REDIS_PORT: String(redis), MADANG_URL: `http://127.0.0.1:${echo}` };
  await start(redis, ["redis-server", "--port", redis, "--bind", "127.0.0.1", "--save", "", "--dir", folder]);
  await start(web, ["php", "-S", `127.0.0.1:${web}`, "-t", "public", "public/index.php"], { cwd: here, env });
  const command = process.env.ECHO_SERVER?.split(" ") ?? [process.env.MADANG ?? "madang", "serve", "--echo-config", "laravel-echo-server.json"];
  await start(echo, command, { cwd: folder, env: { PATH: process.env.PATH, HOME: folder } });
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
});

after(async () => {
  await browser?.close();
  await Promise.all(started.map((child) => child.exitCode ?? new Promise((ended) => { child.on("exit", ended); child.kill("SIGKILL"); })));
  if (folder) await rm(folder, { recursive: true, force: true });
});

/** Somebody opens the page, and what went wrong there. */
async function open(user) {
  const page = await (await browser.newContext()).newPage();
  page.setDefaultTimeout(patience);
  page.on("pageerror", (error) => assert.fail(`page of ${user}: ${error}`));
  await page.goto(`${base}/?user=${user}`);
  await page.locator('#state[data-state="on"]').waitFor();
  return page;
}

const lines = (page, list) => page.locator(`${list} li`).allTextContents();

test("presence, a room, notifications and the public channel", { timeout: 120_000 }, async () => {
  const one = await open(1);
  await one.locator('#users [data-user="1"]').waitFor();
  const two = await open(2);
  for (const page of [one, two]) {
    await page.locator('#users [data-user="1"]').waitFor();
    await page.locator('#users [data-user="2"]').waitFor();
    assert.equal(await page.locator("#count").textContent(), "2");
  }

  await two.locator("#text").pressSequentially("안녕하세요!");
  await one.getByText("바다 님이 입력하고 있습니다…").waitFor();
  await two.getByRole("button", { name: "보내기" }).click();
  await one.locator("#messages li", { hasText: "안녕하세요!" }).waitFor();
  await broadcast("chat", "7", "모두에게"); // comes after it
  for (const page of [one, two]) await page.locator("#messages li", { hasText: "모두에게" }).waitFor();
  assert.deepEqual(await lines(one, "#messages"), ["바다안녕하세요!", "모두에게"]);
  assert.deepEqual(await lines(two, "#messages"), ["안녕하세요!", "모두에게"]); // its own came once

  await two.locator('#users [data-user="1"]').getByRole("button").click();
  await one.locator(".toast", { hasText: "바다 님이 인사합니다." }).waitFor();
  await broadcast("notify", "1", "두 번째");
  await one.locator(".toast", { hasText: "두 번째" }).waitFor();
  assert.equal(await one.locator("#unread").textContent(), "2");
  assert.equal(await two.locator("#unread").textContent(), "0");

  await two.locator("#shouted").fill("소식입니다");
  await two.getByRole("button", { name: "알리기" }).click();
  await one.locator("#public li", { hasText: "소식입니다" }).waitFor();

  const three = await open(3); // not in the room
  await three.getByText("이 방에는 들어갈 수 없습니다 (403)").waitFor();
  await one.locator('#users [data-user="3"]').waitFor();

  await two.context().close();
  await one.locator('#users [data-user="2"]').waitFor({ state: "detached" });
  assert.equal(await one.locator("#count").textContent(), "2");
});

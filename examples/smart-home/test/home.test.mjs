// The flow at home: Madang is the box, nobody signs in.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { io } from "socket.io-client";
import { display } from "../display.mjs";
import { display2 } from "../display-2.mjs";
import { furniture, hub } from "../hub.mjs";
import { page } from "../page.mjs";
import { askCode, checkCode, remote } from "../person.mjs";
import { madang, Paper } from "./world.mjs";

const [screen, old, own, foreign, box] = [new Paper(), new Paper(), new Paper(), new Paper(), new Paper()];
const devices = furniture();
const open = [];
let server, token;

before(async () => {
  server = await madang(await readFile(new URL("../madang.home.yaml", import.meta.url), "utf8"));
  const { secret } = await server.run("hub", "add", "SN-0001");
  const obey = (device, set) => (set.locked === false ? "jammed" : undefined);
  open.push(hub(server.url, `SN-0001:${secret}`, devices, { print: box.print, obey }).socket);
  await box.read(/connected/);
  // A page's browser says whose page it is.
  const of = (origin, paper) => {
    const socket = io(server.url, { transports: ["websocket"], forceNew: true, extraHeaders: { origin } });
    return socket.on("code", (code) => paper.print(`code ${code}`));
  };
  const displays = [
    display(server.url, { print: screen.print }), display2(server.url, { print: old.print }),
    of("http://127.0.0.1:3000", own), of("https://evil.example", foreign),
  ];
  open.push(...displays);
  await Promise.all(displays.map((socket) => new Promise((done) => socket.on("connect", done))));
});

after(async () => {
  for (const socket of open) socket.close();
  await server?.stop();
});

test("nobody has asked for a code yet", async () => {
  await assert.rejects(checkCode(server.url, "123456"), { status: 401, message: "만료된 코드" });
});

test("a code that the displays show opens the house", async () => {
  assert.deepEqual(await askCode(server.url), { success: true });
  const code = await screen.read(/^code (\d{6})$/);
  assert.equal(await old.read(/^code (\d{6})$/), code);
  assert.equal(await own.read(/^code (\d{6})$/), code);
  assert.deepEqual(foreign.lines, [], "another site's page is no display");

  const wrong = String((Number(code) + 1) % 1e6).padStart(6, "0");
  await assert.rejects(checkCode(server.url, wrong), { status: 401, message: "잘못된 인증코드" });
  token = await checkCode(server.url, code);
  const { api_serial, iat, exp } = JSON.parse(Buffer.from(token.split(".")[1], "base64url"));
  assert.deepEqual([api_serial, exp - iat], ["SN-0001", 30 * 3600]);
  await assert.rejects(checkCode(server.url, code), { status: 401, message: "만료된 코드" });
  await screen.read(/the code is over: redeemed/);
});

test("with the token one commands what is at home", async () => {
  const home = await remote(server.url, token);
  open.push(home.socket);
  assert.deepEqual((await home.devices()).map(({ id }) => id).sort(), ["front-door", "heating", "lamp"]);
  const changed = new Promise((done) => home.socket.on("device.changed", (d) => d.reported.level === 40 && done(d)));
  assert.equal((await home.command("lamp", { on: true, level: 40 }, "once")).state, "done");
  assert.equal((await changed).reported.on, true);
  assert.equal((await home.command("lamp", { on: true, level: 40 }, "once")).state, "done");
  assert.equal(box.lines.filter((line) => line.startsWith("lamp ←")).length, 1, "the same key is the same command");
  const { state, note } = await home.command("front-door", { locked: false });
  assert.deepEqual([state, note], ["refused", "jammed"]);
  await assert.rejects(home.command("lamp", { locked: false }), { code: "invalid" });
});

test("the display is a page, too", async () => {
  const pages = await page(0);
  const at = `http://127.0.0.1:${pages.address().port}`;
  const [html, library, nothing] = await Promise.all(["/", "/socket.io.js", "/package.json"].map((path) => fetch(at + path)));
  assert.match(await html.text(), /socket\.on\("code"/);
  assert.match(await library.text(), /Socket\.IO v4/);
  assert.equal(nothing.status, 404);
  pages.closeAllConnections();
  pages.close();
});

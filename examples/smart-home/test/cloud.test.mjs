// The flow through a server elsewhere: people have accounts, boxes connect out to it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { display } from "../display.mjs";
import { display2 } from "../display-2.mjs";
import { furniture, hub } from "../hub.mjs";
import { askCode, checkCode, remote } from "../person.mjs";
import { madang, Paper } from "./world.mjs";

const [screen, old, other, box] = [new Paper(), new Paper(), new Paper(), new Paper()];
const open = [];
let server, mina;

before(async () => {
  server = await madang();
  const shown = {};
  for (const serial of ["SN-0001", "SN-0002"]) {
    const { secret } = await server.run("hub", "add", serial);
    shown[serial] = `${serial}:${secret}`;
  }
  const displays = [
    display(server.url, { token: shown["SN-0001"], print: screen.print }), display2(server.url, { token: shown["SN-0001"], print: old.print }),
    display(server.url, { token: shown["SN-0002"], print: other.print }),
  ];
  open.push(hub(server.url, shown["SN-0001"], furniture(), { print: box.print }).socket, ...displays);
  await Promise.all([box.read(/connected/), ...displays.map((socket) => new Promise((done) => socket.on("connect", done)))]);
  mina = { token: await register("mina"), serial: "SN-0001" };
});

after(async () => {
  for (const socket of open) socket.close();
  await server?.stop();
});

/** register makes an account, and signs in. */
async function register(name) {
  const password = "correct horse battery staple";
  const response = await fetch(`${server.url}/api/auth/register`, {
    method: "POST", headers: { "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify({ name, email: `${name}@home.example`, password, password_confirmation: password }),
  });
  assert.equal(response.status, 201);
  return (await response.json()).access_token;
}

test("who is not signed in gets no code", async () => {
  await assert.rejects(askCode(server.url, { serial: "SN-0001" }), { status: 401 });
});

test("the code is on the displays of that box alone, with who asks, and for nobody else", async () => {
  await askCode(server.url, mina);
  await screen.read(/^mina asks, from 127\.0\.0\.1$/);
  const code = await screen.read(/^code (\d{6})$/);
  assert.equal(await old.read(/^code (\d{6})$/), code);
  assert.deepEqual(other.lines, []);
  const stranger = { token: await register("stranger"), serial: "SN-0001" };
  await assert.rejects(checkCode(server.url, code, stranger), { status: 401, message: "만료된 코드" });

  const home = await remote(server.url, await checkCode(server.url, code, mina));
  open.push(home.socket);
  assert.equal((await home.command("heating", { target: 21.5 })).state, "done");
  const heating = (await home.devices()).find(({ id }) => id === "heating");
  assert.equal(heating.reported.target, 21.5);
});

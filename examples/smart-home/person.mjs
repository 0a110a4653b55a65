// Somebody with a telephone: asks for a code, types what the box's display shows, and commands.
//
//   MADANG_URL=http://127.0.0.1:8080 node person.mjs                                        at home
//   MADANG_URL=https://… TOKEN=… SERIAL=SN-0001 node person.mjs                             in the cloud, signed in
//
// Then lines like "lamp on true", "lamp level 40", "heating target 21.5", "front-door locked false".
import { createInterface } from "node:readline/promises";
import { io } from "socket.io-client";
import { isMain, log, patience } from "./lib.mjs";

/** headers are what every request of somebody has: who they are, and which box they mean. At home neither is needed. */
function headers({ token, serial }) {
  return { ...(token && { authorization: `Bearer ${token}` }), ...(serial && { "x-api-serial": serial }) };
}

/** askCode lets the box's display show a code. */
export async function askCode(url, who = {}) {
  return answer(await fetch(`${url}/code`, { headers: headers(who) }));
}

/** checkCode shows what was typed, and returns the token that it opens. */
export async function checkCode(url, code, who = {}) {
  const { token } = await answer(await fetch(`${url}/codecheck`, { method: "POST", headers: { ...headers(who), code } }));
  return token;
}

async function answer(response) {
  const said = await response.json();
  if (!said.success) throw Object.assign(new Error(said.message), { status: response.status });
  return said;
}

/** remote connects with a pairing's token; it knows the hub, because the token is good for no other. */
export async function remote(url, token) {
  const { api_serial: hub } = JSON.parse(Buffer.from(token.split(".")[1], "base64url"));
  const socket = io(`${url}/home`, { auth: { token }, transports: ["websocket"] });
  await new Promise((done, failed) => socket.once("connect", done).once("connect_error", failed));
  const call = async (name, argument) => {
    const reply = await socket.timeout(patience).emitWithAck(name, { hub, ...argument });
    if (reply.error) throw Object.assign(new Error(reply.error.message), { code: reply.error.code });
    return reply;
  };
  return {
    socket,
    devices: () => call("device.devices").then((home) => home.devices),
    // The key makes a command that is sent again the same one.
    command: (device, set, key = crypto.randomUUID()) => call("device.command", { device, set, key }),
  };
}

async function main() {
  const url = process.env.MADANG_URL ?? "http://127.0.0.1:8080";
  const who = { token: process.env.TOKEN, serial: process.env.SERIAL };
  const keyboard = createInterface(process.stdin, process.stdout);
  await askCode(url, who);
  const home = await remote(url, await checkCode(url, (await keyboard.question("code: ")).trim(), who));
  for (const { id, name, reported } of await home.devices()) log(`${id}\t${name}\t${JSON.stringify(reported)}`);
  home.socket.on("device.changed", ({ id, reported }) => log(`${id} is ${JSON.stringify(reported)}`));
  for await (const line of keyboard) {
    const [device, name, value] = line.trim().split(/\s+/);
    if (!value) continue;
    const set = { [name]: /^(true|false|-?[\d.]+)$/.test(value) ? JSON.parse(value) : value };
    await home.command(device, set).then(({ state, note = "" }) => log(`${state} ${note}`), (e) => log(`${e.code}: ${e.message}`));
  }
  home.socket.close();
}

if (isMain(import.meta)) await main();

// The flow by which somebody pairs with a box at home, with the calls that its clients have always made: a display that only
// listens for "code", a GET /code, and a POST /codecheck with what was typed in the header "code".
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { BASE_URL, generations } from "./lib/clients.mjs";

// In the cloud the display shows what its hub shows, and the person is signed in. At home there is nothing to show.
const hub = process.env.HUB_TOKEN;
const serial = process.env.SERIAL;
const person = process.env.PERSON_TOKEN ? { Authorization: `Bearer ${process.env.PERSON_TOKEN}`, "X-Api-Serial": serial } : {};
const origin = process.env.PAGE_ORIGIN;
const open = [];
after(() => open.forEach((socket) => socket.close()));

/** display connects as a box's page does, and returns what waits for the next code. */
async function display(generation) {
  const options = { transports: ["polling", "websocket"], forceNew: true, extraHeaders: {} };
  if (origin) options.extraHeaders.Origin = origin;
  let url = BASE_URL;
  if (hub) {
    url += "/home";
    if (generation.auth === "query") options.query = { token: hub, display: "1" };
    else options.auth = { token: hub, display: true };
  }
  const socket = generation.io(url, options);
  open.push(socket);
  await new Promise((resolve, reject) => {
    socket.on("connect", resolve);
    socket.on("connect_error", reject);
    socket.on("error", (e) => reject(new Error(JSON.stringify(e))));
  });
  return () => new Promise((resolve) => socket.once("code", (...args) => resolve(args)));
}

const check = (code) => fetch(`${BASE_URL}/codecheck`, { method: "POST", headers: { ...person, ...(code ? { code } : {}) } });

for (const generation of generations.filter((g) => g.major === 2 || g.major === 4)) {
  test(`socket.io-client ${generation.name}`, async () => {
    const none = await check("123456");
    assert.equal(none.status, 401);
    assert.deepEqual(await none.json(), { success: false, message: "만료된 코드" });

    const shown = (await display(generation))();
    const asked = await fetch(`${BASE_URL}/code`, { headers: person });
    assert.equal(asked.status, 200);
    assert.deepEqual(await asked.json(), { success: true });
    const args = await shown;
    assert.equal(args.length, 1);
    const [code] = args;
    assert.equal(typeof code, "string");
    assert.match(code, /^[0-9]{6}$/);

    const other = [...code].map((digit) => (Number(digit) + 1) % 10).join("");
    const wrong = await check(other);
    assert.equal(wrong.status, 401);
    assert.deepEqual(await wrong.json(), { success: false, message: "잘못된 인증코드" });

    const right = await check(code);
    assert.equal(right.status, 201);
    const { success, token, ...rest } = await right.json();
    assert.equal(success, true);
    assert.deepEqual(rest, {});
    const claims = JSON.parse(Buffer.from(token.split(".")[1], "base64url"));
    assert.equal(claims.api_serial, serial);
    assert.equal(claims.exp - claims.iat, 30 * 60 * 60);

    assert.equal((await check(code)).status, 401, "a code is good once");
  });
}

test("a page of another origin", { skip: !origin }, async () => {
  for (const [method, path] of [["GET", "code"], ["POST", "codecheck"]]) {
    const asked = { Origin: origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": "code" };
    const allowed = await fetch(`${BASE_URL}/${path}`, { method: "OPTIONS", headers: asked });
    assert.equal(allowed.headers.get("access-control-allow-origin"), origin);
    assert.equal(allowed.headers.get("access-control-allow-credentials"), "true");
    assert.match(allowed.headers.get("access-control-allow-headers"), /code/i);
  }
  const polling = await fetch(`${BASE_URL}/socket.io/?EIO=4&transport=polling`, { headers: { Origin: origin } });
  assert.equal(polling.headers.get("access-control-allow-origin"), origin);
  assert.equal(polling.headers.get("access-control-allow-credentials"), "true");
  await polling.text();
  const evil = await fetch(`${BASE_URL}/code`, { headers: { ...person, Origin: "https://evil.test" } });
  assert.equal(evil.status, 403);
  assert.equal(evil.headers.get("access-control-allow-origin"), null);
});

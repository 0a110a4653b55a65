// The back end of the chat: its HTTP interface, and the page.
//
//   ABLY_SECRET_KEY  app.key:secret                     MADANG_URL    the realtime server; without it: Ably's
//   ABLY_VERSION     of the library, 1 or 2 (default)   JWT_SECRET    signs logins; without it: a new one at each start
//   PORT, HOST       where to listen (127.0.0.1:3000)   DATA          the file of users, rooms and messages
//   TOKEN_TTL        lifetime of tokens in milliseconds AS_IN_THE_POST=1  renews without the clientId: see auth.mjs

import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { join } from "node:path";
import { ably } from "./ably.mjs";
import { Auth } from "./auth.mjs";
import { pages } from "./pages.mjs";
import { Refusal } from "./refusal.mjs";
import { Rooms } from "./rooms.mjs";
import { Store } from "./store.mjs";

const { ABLY_SECRET_KEY, MADANG_URL, ABLY_VERSION = "2", JWT_SECRET, PORT = "3000", HOST = "127.0.0.1", DATA, TOKEN_TTL, AS_IN_THE_POST } = process.env;
if (!ABLY_SECRET_KEY) {
  console.error("ABLY_SECRET_KEY is missing: app.key:secret of the realtime server");
  process.exit(2);
}

const Ably = ably(ABLY_VERSION, MADANG_URL);
const rest = new Ably.Rest({ key: ABLY_SECRET_KEY, ...Ably.hostOptions });
const store = await Store.open(DATA ?? join(import.meta.dirname, "..", "data", "chat.jsonl"));
const secret = JWT_SECRET ?? randomBytes(32).toString("hex");
const auth = new Auth({ rest, store, secret, ttl: Number(TOKEN_TTL) || undefined, asInThePost: AS_IN_THE_POST === "1" });
const rooms = new Rooms({ rest, store });
const files = await pages(Ably);

/** What is answered: status, body, headers. Nothing: the request is for users only, and its token is of none. */
const routes = {
  "POST /auth/sign-up": async ({ body }) => loggedIn(await auth.signUp(body), 201),
  "POST /auth/login": async ({ body }) => loggedIn(await auth.user(body), 200),
  "POST /auth/logout": () => [204, "", { "Set-Cookie": "session=; HttpOnly; SameSite=Strict; Path=/auth; Max-Age=0" }],
  // 403 and no other status tells the client that there is no use in trying again.
  "GET /auth/re-create": async ({ request }) => {
    const user = auth.userOfCookie(request.headers.cookie);
    if (!user) throw new Refusal(403, "session");
    const [type, token] = await auth.reCreate(user);
    return [200, token, { "Content-Type": type }];
  },
  "GET /rooms": ({ user }) => user && [200, rooms.list()],
  "POST /rooms": async ({ user, body }) => user && [201, await rooms.createRoom(body)],
  "GET /rooms/:id/messages": ({ user, id }) => user && [200, rooms.messages(id)],
  "POST /rooms/:id/messages": async ({ user, id, body }) => user && [201, await rooms.createMessage(user, id, body)],
};

async function loggedIn(user, status) {
  return [status, { token: await auth.token(user) }, { "Set-Cookie": auth.sessionCookie(user) }];
}

async function answer(request) {
  const pathname = pathOf(request);
  const file = request.method === "GET" && files[pathname];
  if (file) return [200, file.bytes, { "Content-Type": file.type }];
  const [, id] = /^\/rooms\/([\w-]{1,64})\/messages$/.exec(pathname) ?? [];
  const route = routes[`${request.method} ${id ? "/rooms/:id/messages" : pathname}`];
  if (!route) throw new Refusal(404, "missing");
  const body = request.method === "POST" ? await read(request) : {};
  const made = await route({ request, body, id, user: auth.userOfToken(request.headers.authorization) });
  if (!made) throw new Refusal(401, "token");
  return made;
}

const pathOf = ({ url }) => url.split("?")[0];

async function read(request) {
  let text = "";
  request.setEncoding("utf8");
  for await (const part of request) {
    text += part;
    if (text.length > 64 << 10) throw new Refusal(413, "large");
  }
  try {
    const body = JSON.parse(text || "{}");
    if (body && typeof body === "object") return body;
  } catch { /* the same */ }
  throw new Refusal(400, "json");
}

const server = createServer(async (request, response) => {
  let status, body, headers;
  try {
    [status, body, headers = {}] = await answer(request);
  } catch (error) {
    // What is not known is the realtime server: it is away, or does not take the key.
    const refusal = error instanceof Refusal ? error : new Refusal(502, "realtime");
    if (refusal !== error) console.error(`${request.method} ${pathOf(request)}: ${error.message}`);
    [status, body, headers] = [refusal.status, refusal, {}];
  }
  const json = typeof body === "object" && !Buffer.isBuffer(body);
  response.writeHead(status, { "Cache-Control": "no-store", ...(json && { "Content-Type": "application/json" }), ...headers });
  response.end(json ? JSON.stringify(body) : body);
});
server.listen(Number(PORT), HOST, () => console.log(`listening on http://${HOST}:${server.address().port}`));

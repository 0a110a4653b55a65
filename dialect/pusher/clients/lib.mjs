// What the tests of real clients have in common. The server is the fixture at BASE_URL.
import { createRequire } from "node:module";
import { after } from "node:test";

const require = createRequire(import.meta.url);
export const Pusher = require("pusher-js"); // the build for Node.js can decrypt
export const Backend = require("pusher");
export { default as Echo } from "laravel-echo";

export const base = new URL(process.env.BASE_URL ?? "http://127.0.0.1:6001");

// The key that encrypted channels are sealed with; the server never sees it.
const master = Buffer.alloc(32, 7).toString("base64");

// A backend of an app, as the server library for Node.js makes it.
export function backend(app) {
  return new Backend({
    appId: app, key: `${app}-key`, secret: `${app}-secret`, host: base.hostname, port: base.port, useTLS: false,
    encryptionMasterKeyBase64: master,
  });
}

const open = new Set();
after(() => open.forEach((p) => p.disconnect()));

// Options of a client of an app. user is {user_id, user_info} in presence channels (absent: no channel_data), or a
// function of the channel's name; signin is what the backend says about who signs in.
export function options(app, { user, signin, ...more } = {}) {
  const b = backend(app);
  return {
    cluster: "", wsHost: base.hostname, wsPort: Number(base.port), forceTLS: false, enabledTransports: ["ws"], disableStats: true,
    channelAuthorization: {
      customHandler: ({ socketId, channelName }, done) => {
        const data = channelName.startsWith("presence-") ? user : undefined;
        done(null, b.authorizeChannel(socketId, channelName, data));
      },
    },
    userAuthentication: {
      customHandler: ({ socketId }, done) => done(null, b.authenticateUser(socketId, signin)),
    },
    ...more,
  };
}

// connect returns a connected pusher-js of an app, with everything it has received in log.
export async function connect(app, more = {}) {
  const p = start(app, more);
  await state(p, "connected");
  return p;
}

// start is connect without waiting.
export function start(app, more = {}) {
  return watch(new Pusher(`${app}-key`, options(app, more)));
}

// watch notes what a client receives, and ends it after the tests.
export function watch(p) {
  open.add(p);
  p.log = [];
  p.errors = [];
  p.connection.bind("message", (m) => p.log.push(m));
  p.connection.bind("error", (e) => p.errors.push(e));
  return p;
}

const patience = 8000;

// until waits until f returns something that is true, and returns it.
export async function until(what, f) {
  for (const end = Date.now() + patience; ; ) {
    const x = await f();
    if (x) return x;
    if (Date.now() > end) throw new Error(`waited in vain: ${what}`);
    await new Promise((r) => setTimeout(r, 5));
  }
}

export const state = (p, s) => until(`state ${s} instead of ${p.connection.state}`, () => p.connection.state === s);

// once waits for an event of a channel, a user or a watchlist, and returns its data.
export const once = async (emitter, event) => (await onceWith(emitter, event)).data;

// onceWith is once, with what pusher-js says besides.
export function onceWith(emitter, event) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no ${event}`)), patience);
    emitter.bind(event, function got(data, meta) {
      clearTimeout(timer);
      emitter.unbind(event, got);
      resolve({ data, meta });
    });
  });
}

// subscribe subscribes and waits until that has succeeded.
export async function subscribe(p, name) {
  const channel = p.subscribe(name);
  channel.outcome = await once(channel, "pusher:subscription_succeeded");
  return channel;
}

// settled returns when everything that was sent to a client before has come: the server answers in order.
export async function settled(p) {
  const n = p.log.filter((m) => m.event === "pusher:pong").length;
  p.send_event("pusher:ping", {});
  await until("a pong", () => p.log.filter((m) => m.event === "pusher:pong").length > n);
}

// end makes the server end the connections in a channel.
export async function end(app, channel, reason) {
  const r = await fetch(`${base.origin}/end?${new URLSearchParams({ app, channel, reason })}`, { method: "POST" });
  if (!r.ok) throw new Error(await r.text());
}

let names = 0;
// name returns a channel's name that no other test uses.
export const name = (prefix) => `${prefix}${process.pid}-${++names}`;

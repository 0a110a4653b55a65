// Real Laravel Echo clients of three generations, over real Socket.IO clients.
import { once } from "node:events";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

export const BASE_URL = process.env.BASE_URL ?? "http://127.0.0.1:3000";

// Client 2 decides when it is loaded whether it is in a browser, by globals that
// Node has had since 18 and 22. With those hidden it takes the Node way.
function loadAsBefore(name) {
  const hidden = ["Blob", "File", "WebSocket"].map((g) => [g, Object.getOwnPropertyDescriptor(globalThis, g)]);
  for (const [global] of hidden) delete globalThis[global];
  try {
    return require(name);
  } finally {
    for (const [global, was] of hidden) if (was) Object.defineProperty(globalThis, global, was);
  }
}

export const sockets = [
  { name: "client 2.5.0", major: 2, io: loadAsBefore("socket.io-client-2") },
  { name: "client 4.8.4", major: 4, io: require("socket.io-client-4").io },
];

const load = async (name) => {
  const { default: echo } = await import(name);
  return echo.default ?? echo;
};

/** echoes: resubscribes says whether that Echo does so itself with Socket.IO clients of today. */
export const echoes = [
  { name: "echo 1.19.0", resubscribes: false, Echo: await load("laravel-echo-1") },
  { name: "echo 2.1.0", resubscribes: false, Echo: await load("laravel-echo-21") },
  { name: "echo 2.5.0", resubscribes: true, Echo: await load("laravel-echo-25") },
];

export const carriers = ["polling", "websocket"];

/** usual bounds every wait, in milliseconds; it is a safety net, never a measurement. */
const usual = 10_000;

/** A Log collects what listeners are told, so that nothing slips through between two awaits. */
export class Log {
  #lines = [];
  #read = 0;
  #wake = () => {};

  /** as returns a listener that notes what it is told under a name. */
  as(name) {
    return (...args) => {
      this.#lines.push([name, ...args]);
      this.#wake();
    };
  }

  /** next resolves with the next line. */
  async next() {
    const end = Date.now() + usual;
    while (this.#read === this.#lines.length) {
      const left = end - Date.now();
      if (left <= 0) throw new Error(`nothing more came; so far ${JSON.stringify(this.#lines)}`);
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => (clearTimeout(timer), resolve());
      });
    }
    return this.#lines[this.#read++];
  }

  /** rest is what nobody has read yet. */
  rest() {
    return this.#lines.slice(this.#read);
  }
}

/** A Page is a browser's page with one Echo on it. */
export class Page {
  constructor({ Echo }, { io }, carrier, user, { path = "/socket.io/", ...more } = {}) {
    this.log = new Log();
    this.user = user;
    this.echo = new Echo({
      broadcaster: "socket.io",
      client: io,
      host: BASE_URL,
      path,
      transports: [carrier],
      forceNew: true,
      reconnectionDelay: 20,
      reconnectionDelayMax: 50,
      randomizationFactor: 0,
      withoutInterceptors: true,
      auth: { headers: { Authorization: `Bearer ${user}` } },
      ...more,
    });
    this.socket = this.echo.connector.socket;
    this.socket.on("subscription_error", this.log.as("error"));
  }

  async connected() {
    if (!this.socket.connected) await once(this.socket, "connect", { signal: AbortSignal.timeout(usual) });
    return this;
  }

  /** barrier waits until the server has dealt with everything that was said so far; only public channels are sure to be. */
  async barrier() {
    const name = "$barrier";
    const answered = new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("no answer to the barrier")), usual);
      const listener = (channel) => {
        if (channel !== name) return;
        clearTimeout(timer);
        (this.socket.off ?? this.socket.removeListener).call(this.socket, "subscription_error", listener);
        resolve();
      };
      this.socket.on("subscription_error", listener);
    });
    this.socket.emit("subscribe", { channel: name });
    await answered;
  }

  /** lose cuts the connection without a word and waits until the client is back. */
  async lose(meanwhile = async () => {}) {
    this.socket.io.reconnection(false);
    const lost = once(this.socket, "disconnect", { signal: AbortSignal.timeout(usual) });
    this.socket.io.engine.close();
    await lost;
    await meanwhile();
    const back = once(this.socket, "connect", { signal: AbortSignal.timeout(usual) });
    // As after any lost connection: the manager's own attempts, which Echo is told of.
    this.socket.io.reconnection(true);
    this.socket.io.skipReconnect = false;
    this.socket.io.reconnect();
    await back;
  }

  close() {
    this.socket.io.reconnection(false);
    this.echo.disconnect();
    (this.socket.io.close ?? this.socket.io._close).call(this.socket.io);
  }
}

/** publish is what a Laravel app does; skip is who is left out. */
export async function publish(channel, event, data, skip) {
  const answer = await fetch(`${BASE_URL}/publish`, {
    method: "POST",
    body: JSON.stringify({ channels: [channel], event, data, socket: skip ?? "" }),
  });
  if (!answer.ok) throw new Error(await answer.text());
}

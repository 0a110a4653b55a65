// Four generations of the real client behind one small interface.
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

export const BASE_URL = process.env.BASE_URL ?? "http://127.0.0.1:3000";

/** usual bounds every wait, in milliseconds; it is a safety net, never a measurement. */
const usual = 25_000;

// The clients before 4.x decide when they are loaded whether they are in a
// browser, by globals that Node has had since 18 and 22. With those hidden
// they take the Node way, as they did when they were released.
const browserGlobals = ["Blob", "File", "WebSocket"];

function loadAsBefore(name) {
  const hidden = browserGlobals.map((global) => [global, Object.getOwnPropertyDescriptor(globalThis, global)]);
  for (const global of browserGlobals) delete globalThis[global];
  try {
    return require(name);
  } finally {
    for (const [global, was] of hidden) if (was) Object.defineProperty(globalThis, global, was);
  }
}

/** generations: eio is the Engine.IO protocol; auth says how a namespace is told who connects. */
export const generations = [
  { name: "1.7.4", major: 1, eio: 3, auth: "query", io: loadAsBefore("socket.io-client-1") },
  { name: "2.5.0", major: 2, eio: 3, auth: "query", io: loadAsBefore("socket.io-client-2") },
  { name: "3.1.3", major: 3, eio: 4, auth: "payload", io: loadAsBefore("socket.io-client-3").io },
  { name: "4.8.4", major: 4, eio: 4, auth: "payload", io: require("socket.io-client-4").io },
];

/** carriers: last is the transport a settled connection is on. CARRIERS names some of them. */
export const carriers = [
  { name: "polling", transports: ["polling"], first: "polling", last: "polling" },
  { name: "websocket", transports: ["websocket"], first: "websocket", last: "websocket" },
  { name: "upgrade", transports: ["polling", "websocket"], first: "polling", last: "websocket" },
].filter(({ name }) => !process.env.CARRIERS || process.env.CARRIERS.split(",").includes(name));

// What the fixture emits. Listening from the start means that no event can
// slip through between two awaits.
const heardFromStart = [
  "auth", "message-back", "produced", "number", "maybe", "surely", "exception", "heard",
  "connect", "disconnect", "connect_error", "error", "unanswerable",
];

/** A Client is one socket of one generation that remembers all it was told. */
export class Client {
  constructor(generation, socket, patience) {
    this.patience = patience;
    this.generation = generation;
    this.socket = socket;
    this.seen = {};
    this.waiting = new Set();
    this.read = {};
    for (const event of heardFromStart) {
      this.seen[event] = [];
      this.read[event] = 0;
      socket.on(event, (...args) => this.#record(event, args));
    }
  }

  #record(event, args) {
    this.seen[event].push(args);
    for (const check of [...this.waiting]) check();
  }

  /** until resolves with the first truthy value of condition, asked after every event. */
  until(condition, what) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiting.delete(check);
        reject(new Error(`${this.generation.name}: no ${what} within ${this.patience} ms; seen ${this.#summary()}`));
      }, this.patience);
      const check = () => {
        const value = condition();
        if (!value) return;
        clearTimeout(timer);
        this.waiting.delete(check);
        resolve(value);
      };
      this.waiting.add(check);
      check();
    });
  }

  #summary() {
    const counts = Object.entries(this.seen).filter(([, list]) => list.length > 0);
    return JSON.stringify(Object.fromEntries(counts.map(([event, list]) => [event, list.length])));
  }

  /** next resolves with the arguments of the first event of that name not yet read. */
  next(event) {
    return this.until(() => this.seen[event][this.read[event]], event).then((args) => {
      this.read[event]++;
      return args;
    });
  }

  /** count waits until an event has been seen so many times and returns all of them. */
  count(event, wanted) {
    return this.until(() => this.seen[event].length >= wanted, `${wanted} × ${event}`)
      .then(() => this.seen[event]);
  }

  /** connected waits for the first "connect" and fails at once on a refusal. */
  async connected() {
    const refusals = () => [...this.seen.connect_error, ...this.seen.error];
    await this.until(() => this.seen.connect.length > 0 || refusals().length > 0, "connect");
    if (refusals().length > 0) throw new Error(`refused: ${JSON.stringify(refusals()[0][0])}`);
    return this;
  }

  /** refused waits for the refusal: an Error from 3.x on, the bare data before. */
  async refused() {
    const [reason] = await this.next(this.generation.major < 3 ? "error" : "connect_error");
    return reason;
  }

  /** onCarrier waits until the client's engine is on the named transport for good. */
  async onCarrier(name) {
    const { engine } = this.socket.io;
    if (engine.transport.name === name) return;
    await new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no upgrade to ${name}`)), this.patience);
      engine.once("upgrade", () => (clearTimeout(timer), resolve()));
    });
  }

  emit(event, ...args) {
    this.socket.emit(event, ...args);
  }

  /** call emits an event and resolves with the arguments of its acknowledgement. */
  call(event, ...args) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no acknowledgement of ${event}`)), this.patience);
      this.socket.emit(event, ...args, (...answer) => (clearTimeout(timer), resolve(answer)));
    });
  }

  /** beside opens a second namespace on this client's connection. */
  beside(nsp) {
    return new Client(this.generation, this.socket.io.socket(nsp, {}), this.patience);
  }

  /** close ends the whole connection and stops reconnecting. */
  close() {
    this.socket.io.reconnection(false);
    this.socket.disconnect();
    (this.socket.io.close ?? this.socket.io._close).call(this.socket.io);
  }
}

/** open starts a client; auth travels as this generation sends it. */
export function open(generation, carrier, { nsp = "/", auth, path = "/socket.io/", patience = usual, ...more } = {}) {
  const options = {
    path,
    transports: carrier.transports,
    forceNew: true,
    reconnectionDelay: 20,
    reconnectionDelayMax: 50,
    randomizationFactor: 0,
    ...more,
  };
  let url = BASE_URL + nsp;
  if (auth && generation.auth === "payload") options.auth = auth;
  if (auth && generation.auth === "query") url += `?${new URLSearchParams(auth)}`;
  return new Client(generation, generation.io(url, options), patience);
}

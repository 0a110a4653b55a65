// Requests and WebSockets without any Engine.IO client in between.
import { request } from "node:http";
import { WebSocket } from "ws";
import { BASE_URL } from "./clients.mjs";

const patience = 25_000;

/** http resolves with {status, headers, body, text}; each call has a connection of its own. */
export function http(method, path, { headers = {}, body, chunked = false, signal } = {}) {
  return new Promise((resolve, reject) => {
    const length = body === undefined || chunked ? {} : { "content-length": Buffer.byteLength(body) };
    const req = request(BASE_URL + path, { method, agent: false, signal, headers: { ...length, ...headers } });
    req.setTimeout(patience, () => req.destroy(new Error(`${method} ${path}: no answer`)));
    req.on("error", reject);
    req.on("response", (res) => {
      const parts = [];
      res.on("data", (part) => parts.push(part));
      res.on("error", reject);
      res.on("end", () => {
        const all = Buffer.concat(parts);
        resolve({ status: res.statusCode, headers: res.headers, body: all, text: all.toString() });
      });
    });
    req.end(body);
  });
}

/** halfPost begins a POST and never ends it. */
export function halfPost(path) {
  const req = request(BASE_URL + path, { method: "POST", agent: false, headers: { "content-length": 10 } });
  req.on("error", () => {});
  req.write("4half");
  return req;
}

export const get = (path, options) => http("GET", path, options);
export const post = (path, body, options) => http("POST", path, { ...options, body });

/** A Session is one polling session, from its handshake on. */
export class Session {
  static async open(path = "/socket.io/", { eio = 4, query = "", headers } = {}) {
    const session = new Session();
    session.address = `${path}?EIO=${eio}&transport=polling${query}`;
    session.handshake = await get(session.address, { headers });
    const { text } = session.handshake;
    session.open = JSON.parse(text.slice(text.indexOf("{"), text.indexOf("}") + 1));
    session.path = path;
    session.eio = eio;
    return session;
  }

  get url() {
    return `${this.address}&sid=${this.open.sid}`;
  }

  poll(options) {
    return get(this.url, options);
  }

  send(body, options) {
    return post(this.url, body, { headers: { "content-type": "text/plain;charset=UTF-8" }, ...options });
  }

  /** packets polls until a packet that is neither a heartbeat nor a noop, which it answers. */
  async packets() {
    for (;;) {
      const { status, text } = await this.poll();
      if (status !== 200) throw new Error(`poll: ${status} ${text}`);
      const all = text.split("\x1e");
      if (all.includes("2")) await this.send("3");
      const rest = all.filter((packet) => packet !== "2" && packet !== "6");
      if (rest.length > 0) return rest;
    }
  }

  /** join connects to a namespace and reads all up to the greeting. */
  async join(nsp = "") {
    await this.send(`40${nsp}`);
    for (const seen = []; !seen.some((packet) => packet.includes('"auth"')); ) seen.push(...(await this.packets()));
    return this;
  }

  /** vanishes waits until the server has forgotten the session. */
  async vanishes() {
    for (let left = 50; left > 0; left--) {
      const { status, text } = await this.send("3");
      if (status === 400 && JSON.parse(text).code === 1) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error("the session is still known");
  }

  upgrade() {
    return new Wire(`${this.path}?EIO=${this.eio}&transport=websocket&sid=${this.open.sid}`).opened();
  }
}

/** A Wire is one WebSocket that keeps every frame until it is read. */
export class Wire {
  constructor(path, { headers } = {}) {
    this.frames = [];
    this.wake = () => {};
    this.socket = new WebSocket(BASE_URL.replace(/^http/, "ws") + path, { headers, perMessageDeflate: false });
    this.socket.on("upgrade", (res) => (this.headers = res.headers));
    this.socket.on("message", (data, isBinary) => {
      this.frames.push(isBinary ? data : data.toString());
      this.wake();
    });
    this.closed = new Promise((resolve) => this.socket.on("close", (code) => resolve(code)));
    this.closed.then((code) => ((this.code = code), this.wake()));
    this.socket.on("error", () => {}); // followed by "close"
  }

  static async open(path = "/socket.io/", { eio = 4, ...options } = {}) {
    const wire = await new Wire(`${path}?EIO=${eio}&transport=websocket`, options).opened();
    wire.handshake = JSON.parse((await wire.frame()).slice(1));
    return wire;
  }

  async opened() {
    await new Promise((resolve, reject) => {
      this.socket.once("open", resolve);
      this.closed.then((code) => reject(new Error(`closed ${code} before it was open`)));
    });
    return this;
  }

  send(...frames) {
    for (const frame of frames) this.socket.send(frame);
  }

  /** frame resolves with the next frame. */
  async frame() {
    const timer = setTimeout(() => (this.late = true, this.wake()), patience);
    try {
      while (this.frames.length === 0) {
        if (this.code !== undefined) throw new Error(`closed ${this.code} while a frame was awaited`);
        if (this.late) throw new Error("no frame");
        await new Promise((resolve) => (this.wake = resolve));
      }
      return this.frames.shift();
    } finally {
      clearTimeout(timer);
    }
  }

  /** packet is the next frame that is not a heartbeat; those it answers. */
  async packet() {
    for (;;) {
      const frame = await this.frame();
      if (frame !== "2") return frame;
      this.send("3");
    }
  }

  /** join connects to the main namespace and reads the greeting. */
  async join(nsp = "") {
    this.send(`40${nsp}`);
    while (!(await this.packet()).includes('"auth"'));
    return this;
  }

  /** ending resolves with the close code once the server has closed. */
  async ending() {
    let timer;
    const late = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error("not closed")), patience)));
    try {
      return await Promise.race([this.closed, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  drop() {
    this.socket.terminate();
  }
}

/** refusedUpgrade resolves with the answer to a WebSocket handshake that must not succeed. */
export function refusedUpgrade(path, headers = {}) {
  return new Promise((resolve, reject) => {
    const req = request(BASE_URL + path, {
      agent: false,
      headers: {
        connection: "Upgrade", upgrade: "websocket", "sec-websocket-version": "13",
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==", ...headers,
      },
    });
    req.on("error", reject);
    req.on("upgrade", (res, socket) => (socket.destroy(), reject(new Error(`accepted: ${res.statusCode}`))));
    req.on("response", (res) => {
      let text = "";
      res.on("data", (part) => (text += part));
      res.on("end", () => resolve({ status: res.statusCode, headers: res.headers, text }));
    });
    req.end();
  });
}

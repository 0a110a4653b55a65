// A display of old: socket.io-client 2.x, Engine.IO 3. It hears the same event, at home by the address it connects from and in the
// cloud by the hub's secret, which such clients can only send in the query.
import { createRequire } from "node:module";
import { isMain, log } from "./lib.mjs";

/** display2 shows codes. */
export function display2(url, { token, print = log } = {}) {
  const io = load();
  const socket = token
    ? io(`${url}/home?${new URLSearchParams({ token, display: 1 })}`, { transports: ["websocket"] })
    : io(url, { transports: ["websocket"] });
  socket.on("code", (code) => print(`code ${code}`));
  return socket;
}

// When it is loaded this client takes a program that has a WebSocket for a browser. Node has had one since version 22.
function load() {
  const was = Object.getOwnPropertyDescriptor(globalThis, "WebSocket");
  delete globalThis.WebSocket;
  try {
    return createRequire(import.meta.url)("socket.io-client-2");
  } finally {
    if (was) Object.defineProperty(globalThis, "WebSocket", was);
  }
}

if (isMain(import.meta)) {
  display2(process.env.MADANG_URL ?? "http://127.0.0.1:8080", { token: process.env.HUB_TOKEN });
}

// The box's display, in a terminal. public/display.html is the same as a page.
//
//   MADANG_URL=http://127.0.0.1:8080 node display.mjs                       at home: on the box itself, nothing is shown
//   MADANG_URL=https://… HUB_TOKEN=SN-0001:SECRET node display.mjs          in the cloud: by the hub's secret
import { io } from "socket.io-client";
import { isMain, log } from "./lib.mjs";

/** display shows codes. At home it is the post's line, io(url); in the cloud a display shows whose it is. */
export function display(url, { token, print = log } = {}) {
  const socket = token
    ? io(`${url}/home`, { auth: { token, display: true }, transports: ["websocket"] })
    : io(url, { transports: ["websocket"] });
  socket.on("pairing.shown", ({ who, from }) => print(`${who || "somebody"} asks, from ${from}`));
  socket.on("code", (code) => print(`code ${code}`));
  socket.on("pairing.cleared", ({ why }) => print(`the code is over: ${why}`));
  socket.on("pairing.alarm", () => print("too many wrong codes: press the button on the box"));
  socket.on("connect_error", (e) => print(`the display is not let in: ${e.message}`));
  return socket;
}

if (isMain(import.meta)) {
  display(process.env.MADANG_URL ?? "http://127.0.0.1:8080", { token: process.env.HUB_TOKEN });
}

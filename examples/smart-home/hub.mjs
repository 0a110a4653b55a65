// The box's program at home: it knows the devices, says what there are, and does what it is told.
//
//   MADANG_URL=http://127.0.0.1:8080 HUB_TOKEN=SN-0001:SECRET node hub.mjs
//
// HUB_TOKEN is what `madang hub add SN-0001` prints as token.
import { io } from "socket.io-client";
import { isMain, log, patience } from "./lib.mjs";

/** furniture is what there is in this house, in the form of device.hello. */
export function furniture() {
  return new Map([
    ["lamp", { name: "거실 조명 · lamp", capabilities: ["switch", "dimmer"], reported: { on: false, level: 0 } }],
    ["heating", { name: "난방 · heating", capabilities: ["thermostat"], reported: { target: 20, mode: "heat", temperature: 18.5 } }],
    ["front-door", { name: "현관 · front door", capabilities: ["lock"], reported: { locked: true } }],
  ]);
}

/** hub connects the devices to Madang. obey does what is asked of one, and returns why not if it does not. */
export function hub(url, token, devices, { obey = turn, print = log } = {}) {
  const socket = io(`${url}/home`, { auth: { token }, transports: ["websocket"] });
  const answers = new Map(); // by command, so that none is carried out twice
  let version = Date.now(); // grows, also over restarts
  let least; // how far this clock is ahead of the server's, as the fastest message of this connection knows
  const heldUp = (now) => {
    if (!now) return 0;
    const took = Date.now() - Date.parse(now);
    least = Math.min(least ?? took, took);
    return took - least;
  };

  const report = (id, values) => {
    const device = devices.get(id);
    Object.assign(device.reported, values);
    device.version = ++version;
    return socket.timeout(patience).emitWithAck("device.report", { device: id, values, version });
  };

  socket.on("connect", async () => {
    const list = [...devices].map(([id, device]) => ({ id, ...device, version: device.version ??= ++version }));
    least = undefined;
    const { now } = await socket.timeout(patience).emitWithAck("device.hello", { devices: list });
    heldUp(now);
    print(`the hub is connected, with ${[...devices.keys()].join(", ")}`);
  });

  // expires_in_ms counts from the arrival of a message that was not held up: after that nobody wants it any more.
  socket.on("command", async ({ id, device, set, expires_in_ms, now }) => {
    if (!answers.has(id)) {
      const refused = heldUp(now) < expires_in_ms ? obey(devices.get(device), set) : "too late";
      answers.set(id, { command: id, done: !refused, note: refused });
      if (answers.size > 1000) answers.delete(answers.keys().next().value);
      print(`${device} ← ${JSON.stringify(set)} ${refused ?? "done"}`);
      if (!refused) await report(device, set);
    }
    await socket.timeout(patience).emitWithAck("device.answer", answers.get(id));
  });

  // The client comes back by itself when the line is cut, but not when the server has sent it away: see again later.
  socket.on("disconnect", (why) => why === "io server disconnect" && setTimeout(() => socket.connect(), 5000).unref());
  socket.on("connect_error", (e) => print(`the hub is not let in: ${e.message}`));
  return { socket, report };
}

/** turn does everything that is asked of a device. */
function turn(device) {
  return device ? undefined : "there is no such device";
}

if (isMain(import.meta)) {
  hub(process.env.MADANG_URL ?? "http://127.0.0.1:8080", process.env.HUB_TOKEN, furniture());
}

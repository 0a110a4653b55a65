// What one would write by hand in the place of the relay of package device: boxes at home show their serial and secret, people
// a token; a command goes to its box, the answer to who gave it, and what a device reports to who has the box. All of it is in
// memory. bench/homes measures it.
//
//   BENCH_SECRET=… HOMES_COUNT=1000 HOMES_SECRETS=file node homes.mjs
//
// It prints "ready PORT PID" when it listens.
import { createHash, createSecretKey, randomBytes, timingSafeEqual } from "node:crypto";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import jwt from "jsonwebtoken";
import { Server } from "socket.io";

const { BENCH_SECRET, HOMES_COUNT, HOMES_SECRETS } = process.env;
if (!BENCH_SECRET || !HOMES_COUNT || !HOMES_SECRETS) {
  console.error("BENCH_SECRET, HOMES_COUNT and HOMES_SECRETS have to be set");
  process.exit(2);
}
const key = createSecretKey(Buffer.from(BENCH_SECRET));
const hash = (text) => createHash("sha256").update(text).digest();

const boxes = new Map(); // serial → {hash, owner, socket, devices}
const lines = [];
for (let i = 0; i < Number(HOMES_COUNT); i++) {
  const secret = randomBytes(16).toString("hex");
  boxes.set(`box-${i}`, { hash: hash(secret), owner: `person-${i}`, devices: new Map() });
  lines.push(`box-${i} ${secret}\n`);
}
writeFileSync(HOMES_SECRETS, lines.join(""), { mode: 0o600 });

const io = new Server({ transports: ["websocket"], perMessageDeflate: false, httpCompression: false, serveClient: false });
const home = io.of("/home");

home.use((socket, next) => {
  const token = String(socket.handshake.auth.token ?? "");
  const [serial, secret] = token.split(":");
  const box = boxes.get(serial);
  if (box && secret && timingSafeEqual(hash(secret), box.hash)) {
    socket.data.box = serial;
    return next();
  }
  try {
    socket.data.person = jwt.verify(token, key, { algorithms: ["HS256"] }).sub;
    next();
  } catch {
    next(new Error("unauthorized"));
  }
});

const open = new Map(); // id of a command → {command, timer, answer}
let last = 0;

function end(id, state) {
  const x = open.get(id);
  if (!x) return;
  open.delete(id);
  clearTimeout(x.timer);
  x.command.state = state;
  home.to(`home/${x.command.hub}`).emit("command.changed", x.command);
  x.answer(x.command);
}

function asBox(socket, box) {
  const serial = socket.data.box;
  box.socket = socket;
  socket.on("device.hello", ({ devices }, cb) => {
    box.devices = new Map(devices.map((d) => [d.id, d]));
    cb({});
  });
  socket.on("device.report", ({ device, values, version }, cb) => {
    const d = box.devices.get(device);
    if (d && version > d.version) {
      Object.assign(d.reported, values);
      d.version = version;
      home.to(`home/${serial}`).emit("device.changed", { hub: serial, ...d });
    }
    cb({});
  });
  socket.on("device.answer", ({ command, done }, cb) => {
    end(command, done ? "done" : "refused");
    cb({});
  });
  socket.on("disconnect", () => {
    if (box.socket === socket) box.socket = undefined;
  });
}

function asPerson(socket) {
  const person = socket.data.person;
  for (const [serial, box] of boxes) if (box.owner === person) socket.join(`home/${serial}`);
  socket.on("device.command", ({ hub, device, set }, cb) => {
    const box = boxes.get(hub);
    if (!box || box.owner !== person || !box.devices.has(device)) return cb({ code: "not_found" });
    if (!box.socket) return cb({ code: "hub_away" });
    const command = { id: String(++last), hub, device, set, person, state: "sent", created_at: new Date().toISOString() };
    open.set(command.id, { command, answer: cb, timer: setTimeout(end, 10_000, command.id, "expired") });
    home.to(`home/${hub}`).emit("command.changed", command);
    box.socket.emit("command", { id: command.id, device, set, expires_in_ms: 10_000 });
  });
}

home.on("connection", (socket) => {
  if (socket.data.box) asBox(socket, boxes.get(socket.data.box));
  else asPerson(socket);
});

const http = createServer();
io.attach(http);
http.listen(0, "127.0.0.1", () => console.log(`ready ${http.address().port} ${process.pid}`));
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(0));

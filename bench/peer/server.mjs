// The peer that bench measures: one small application on socket.io, served by
// the ws package (-engine ws) or by uWebSockets.js (-engine uws).
//
//   BENCH_SECRET=… node server.mjs -engine ws -listen 127.0.0.1:0
//
// It prints "ready PORT PID" when it listens. An engine that cannot be loaded
// here prints "unavailable: REASON" and exits with status 3.
import { createSecretKey } from "node:crypto";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { parseArgs } from "node:util";
import jwt from "jsonwebtoken";
import { Server } from "socket.io";

// Go spells long flags with one dash; both servers take the same command line.
const args = process.argv.slice(2).map((a) => a.replace(/^-(?=[a-z]{2})/, "--"));
const { values } = parseArgs({
  args,
  options: {
    engine: { type: "string", default: "ws" },
    listen: { type: "string", default: "127.0.0.1:0" },
  },
});
const [host, port] = values.listen.split(":");
const secret = process.env.BENCH_SECRET;
if (!secret) {
  console.error("BENCH_SECRET is not set: it holds the key of the connections' tokens");
  process.exit(2);
}

// jsonwebtoken takes text too, but then tries to read it as a public key each
// time, which costs ten times what the check itself does.
const key = createSecretKey(Buffer.from(secret));

const io = new Server({
  transports: ["websocket"],
  perMessageDeflate: false,
  httpCompression: false,
  serveClient: false,
});

io.use((socket, next) => {
  try {
    const claims = jwt.verify(socket.handshake.auth.token, key, { algorithms: ["HS256"] });
    socket.data.user = claims.sub;
    next();
  } catch {
    next(new Error("unauthorized"));
  }
});

io.on("connection", (socket) => {
  socket.on("sub", (room, cb) => {
    socket.join(room);
    cb(1);
  });
  socket.on("pub", (room, data) => {
    io.to(room).emit("msg", data);
  });
  socket.on("echo", (data, cb) => {
    cb(data);
  });
});

const ready = (p) => console.log(`ready ${p} ${process.pid}`);

if (values.engine === "uws") {
  let uws;
  try {
    uws = createRequire(import.meta.url)("uWebSockets.js");
  } catch (err) {
    console.log(`unavailable: ${String(err.message).split("\n")[0]}`);
    process.exit(3);
  }
  const app = uws.App();
  io.attachApp(app);
  app.listen(host, Number(port), (token) => {
    if (!token) {
      console.error(`cannot listen on ${values.listen}`);
      process.exit(1);
    }
    ready(uws.us_socket_local_port(token));
  });
} else {
  const http = createServer();
  io.attach(http);
  http.listen(Number(port), host, () => ready(http.address().port));
}

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => process.exit(0));
}

// The fixture contract (FIXTURE.md) on the original library, so that every test
// here can be run against the server that defines what is right.
//
//   node reference.mjs [-listen 127.0.0.1:0] [-profile matrix|suites]
import { createServer } from "node:http";
import { parseArgs } from "node:util";
import { Server as Engine } from "engine.io";
import { Server } from "socket.io";
import { guard } from "./reference/guarded.mjs";
import { greet, serve } from "./reference/handlers.mjs";

const argv = process.argv.slice(2).map((arg) => arg.replace(/^-(?=[a-z]+$)/, "--"));
const { values: flags } = parseArgs({
  args: argv,
  options: {
    listen: { type: "string", default: "127.0.0.1:0" },
    profile: { type: "string", default: "matrix" },
  },
});

// Several servers share the port, each on its own path, so none may destroy
// an upgrade request that is not its own.
const shared = { destroyUpgrade: false, maxHttpBufferSize: 1e6 };
const suiteTimes = { pingInterval: 300, pingTimeout: 200 };

function socketio(http, options, handler, namespaces) {
  const io = new Server(http, { ...shared, ...options });
  for (const name of namespaces) io.of(name).on("connection", handler);
  return io;
}

function engine(http, options) {
  const echo = new Engine({ ...shared, ...suiteTimes, cors: { origin: "*" }, allowEIO3: true, ...options });
  echo.attach(http, { path: "/engine.io/", destroyUpgrade: false });
  echo.on("connection", (socket) => socket.on("message", (data) => socket.send(data)));
}

const profiles = {
  suites(http) {
    engine(http, {});
    const options = { ...suiteTimes, cors: { origin: "*" }, allowEIO3: true, connectTimeout: 1000 };
    socketio(http, options, greet, ["/", "/custom"]);
  },
  matrix(http) {
    engine(http, { pingInterval: 25000, pingTimeout: 20000 });
    const open = { cors: { origin: "*" }, allowEIO3: true };
    const everywhere = ["/", "/custom", "/other"];
    const io = socketio(http, {
      ...open, pingInterval: 500, pingTimeout: 1500, connectTimeout: 2000, upgradeTimeout: 5000,
    }, serve, everywhere);
    guard(io);
    socketio(http, {
      ...open, path: "/recovery/", serveClient: false, connectionStateRecovery: {},
    }, serve, everywhere);
    socketio(http, {
      path: "/strict/",
      serveClient: false,
      cookie: true,
      cors: { origin: ["http://app.example:8080", "https://shop.example"], credentials: true },
      upgradeTimeout: 300,
      maxHttpBufferSize: 1000,
      allowRequest: (req, done) =>
        req.headers["x-refuse"] ? done("no entry", false) : done(null, true),
    }, serve, everywhere);
    socketio(http, {
      path: "/hasty/", serveClient: false, pingInterval: 200, pingTimeout: 200,
    }, serve, everywhere);
  },
};

const http = createServer();
profiles[flags.profile](http);
const [host, port] = flags.listen.split(":");
http.listen(Number(port), host, () => console.log(`ready ${http.address().port}`));

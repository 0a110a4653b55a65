// laravel-echo-server as bench measures it, with the options that its `init`
// command writes.
//
//   BENCH_AUTH=http://127.0.0.1:PORT BENCH_REDIS=PORT node server.mjs -listen 127.0.0.1:0
//
// BENCH_AUTH is where /broadcasting/auth is answered, BENCH_REDIS the port of
// a Redis on 127.0.0.1. It prints "ready PORT PID" when it listens.
import { once } from "node:events";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { parseArgs } from "node:util";

// Go spells long flags with one dash; all servers take the same command line.
const args = process.argv.slice(2).map((a) => a.replace(/^-(?=[a-z]{2})/, "--"));
const { values } = parseArgs({ args, options: { listen: { type: "string", default: "127.0.0.1:0" } } });
const [host, asked] = values.listen.split(":");
const { BENCH_AUTH: authHost, BENCH_REDIS: redisPort } = process.env;
if (!authHost || !redisPort) {
  console.error("BENCH_AUTH and BENCH_REDIS are not set: the application's address and Redis's port");
  process.exit(2);
}

// It takes no port 0 and does not tell a port, so a free one is found for it.
const port = Number(asked) || (await free(host));

async function free(host) {
  const probe = createServer().listen(0, host);
  await once(probe, "listening");
  const { port } = probe.address();
  probe.close();
  await once(probe, "close");
  return port;
}

const echo = createRequire(import.meta.url)("laravel-echo-server");
await echo.run({
  authHost,
  authEndpoint: "/broadcasting/auth",
  clients: [{ appId: "bench", key: "bench-key" }],
  database: "redis",
  databaseConfig: { redis: { host: "127.0.0.1", port: Number(redisPort) } },
  devMode: false,
  host,
  port: String(port),
  protocol: "http",
  socketio: {},
  subscribers: { http: true, redis: true },
});
const server = echo.server.io.httpServer;
if (!server.listening) {
  await once(server, "listening");
}
console.log(`ready ${port} ${process.pid}`);

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => process.exit(0));
}

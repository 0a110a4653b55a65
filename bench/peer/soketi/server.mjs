// soketi as bench measures it: its own server class, with everything it would
// bind or send to pinned to 127.0.0.1 and its rate limits off.
//
//   BENCH_SECRET=… node server.mjs -listen 127.0.0.1:0
//
// It prints "ready PORT PID" when it listens. Where its uWebSockets.js cannot
// be loaded it prints "unavailable: REASON" and exits with status 3.
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createRequire } from "node:module";
import { parseArgs } from "node:util";

// Go spells long flags with one dash; all servers take the same command line.
const args = process.argv.slice(2).map((a) => a.replace(/^-(?=[a-z]{2})/, "--"));
const { values } = parseArgs({ args, options: { listen: { type: "string", default: "127.0.0.1:0" } } });
const [host, port] = values.listen.split(":");
const secret = process.env.BENCH_SECRET;
if (!secret) {
  console.error("BENCH_SECRET is not set: it holds the application's secret");
  process.exit(2);
}

const require = createRequire(import.meta.url);
let uws, soketi;
try {
  // Through soketi's own eyes: the build that it will load.
  uws = createRequire(require.resolve("@soketi/soketi"))("uWebSockets.js");
  soketi = require("@soketi/soketi");
} catch (err) {
  console.log(`unavailable: ${String(err.message).split("\n")[0]}`);
  process.exit(3);
}

// soketi looks for other nodes over UDP even when it runs alone, and by
// default asks the whole network. Here it asks a free port of this machine.
const probe = createSocket("udp4").bind(0, "127.0.0.1");
await once(probe, "listening");
const discovery = probe.address().port;
probe.close();
await once(probe, "close");

await soketi.Server.start(
  {
    host,
    port: Number(port),
    "cluster.address": "127.0.0.1",
    "cluster.hostname": "127.0.0.1",
    "cluster.unicast": "127.0.0.1",
    "cluster.port": discovery,
    "metrics.host": "127.0.0.1",
    "metrics.port": 0,
    "appManager.array.apps": [
      {
        id: "bench",
        key: "bench-key",
        secret,
        enabled: true,
        enableClientMessages: true,
        maxConnections: -1,
        maxBackendEventsPerSecond: -1,
        maxClientEventsPerSecond: -1,
        maxReadRequestsPerSecond: -1,
        webhooks: [],
      },
    ],
  },
  (server) => {
    if (!server.serverProcess) {
      console.error(`cannot listen on ${values.listen}`);
      process.exit(1);
    }
    console.log(`ready ${uws.us_socket_local_port(server.serverProcess)} ${process.pid}`);
  },
);

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => process.exit(0));
}

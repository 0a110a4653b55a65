// The two versions of Ably's library, and all that differs between them. A project of your own has one of them, under its
// own name.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const require = createRequire(import.meta.url);

const versions = {
  1: {
    load: () => require("ably1/promises"), // yours: require("ably/promises")
    host: (name, rest) => ({ restHost: name, realtimeHost: name, ...rest }),
  },
  2: {
    load: () => require("ably"),
    host: (name, rest) => ({ endpoint: name, ...rest }),
  },
};

/** What a program does with one version: its classes, the options that lead it to a server, and its build for browsers. */
export function ably(version, server) {
  const { load, host } = versions[version] ?? {};
  if (!load) throw new Error(`ABLY_VERSION is ${version}; it can be ${Object.keys(versions).join(" or ")}`);
  const build = dirname(require.resolve(Number(version) === 1 ? "ably1" : "ably"));
  return {
    ...load(),
    version: JSON.parse(readFileSync(join(build, "..", "package.json"), "utf8")).version,
    hostOptions: server ? host(...address(server)) : {}, // without any it is Ably's own service
    browserBuild: join(build, "ably.min.js"),
  };
}

/** Host and port as the library wants them: http://127.0.0.1:8080, or https://rt.example.com. */
function address(server) {
  const { protocol, hostname, port } = new URL(server);
  if (protocol === "https:") return [hostname, port ? { tlsPort: Number(port) } : {}];
  return [hostname, { port: Number(port || 80), tls: false }];
}

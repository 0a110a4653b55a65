// laravel-echo-server in a process of its own: node les.mjs PORT REDIS-PORT AUTH-HOST
import { createRequire } from "node:module";

const [port, redis, authHost] = process.argv.slice(2);
const server = createRequire(import.meta.url)("laravel-echo-server");
await server.run({
  authHost,
  host: "127.0.0.1",
  port,
  clients: [],
  database: "redis",
  databaseConfig: { redis: { host: "127.0.0.1", port: Number(redis) } },
});
console.log("up");

// Runs the tests against the reference server, which it starts and stops.
//
//   node against-reference.mjs [test files]
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

const here = import.meta.dirname;
const files = process.argv.slice(2);
if (files.length === 0) files.push("matrix.test.mjs", "raw.test.mjs");

const server = spawn(process.execPath, ["reference.mjs"], { cwd: here, stdio: ["ignore", "pipe", "inherit"] });
for await (const line of createInterface({ input: server.stdout })) {
  const port = /^ready (\d+)$/.exec(line)?.[1];
  if (!port) continue;
  const env = { ...process.env, BASE_URL: `http://127.0.0.1:${port}`, EXPECT: "reference" };
  const args = ["--test", "--test-concurrency=1", ...files];
  const tests = spawn(process.execPath, args, { cwd: here, env, stdio: "inherit" });
  process.exitCode = await new Promise((done) => tests.on("exit", done));
  break;
}
server.kill();

// What the tests need: Madang as a real program on a port of its own, in a folder of its own. MADANG names the program.
import { execFile, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const program = process.env.MADANG ?? "madang";
const patience = 20_000;

/** port finds one on which nobody listens. */
async function port() {
  const server = createServer();
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

/** madang starts a server; configuration is the text of madang.yaml, none is development mode. */
export async function madang(configuration) {
  const folder = await mkdtemp(join(tmpdir(), "smart-home-"));
  if (configuration) await writeFile(join(folder, "madang.yaml"), configuration, { mode: 0o600 });
  const url = `http://127.0.0.1:${await port()}`;
  const options = { cwd: folder, env: { PATH: process.env.PATH, HOME: folder, TMPDIR: folder, MADANG_LISTEN: new URL(url).host } };
  const child = spawn(program, ["serve"], { ...options, stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise((done) => child.on("close", done));
  let said = "";
  await new Promise((done, failed) => {
    const late = setTimeout(() => failed(new Error(`Madang does not listen:\n${said}`)), patience);
    for (const out of [child.stdout, child.stderr]) {
      out.on("data", (text) => /^listening on/m.test(said += text) && (clearTimeout(late), done()));
    }
    ended.then(() => failed(new Error(`Madang has ended:\n${said}`)));
  });
  return {
    url,
    /** run runs a command beside the server and returns what it prints as JSON. */
    run: async (...words) => JSON.parse((await promisify(execFile)(program, [...words, "--json"], options)).stdout),
    async stop() {
      child.kill("SIGKILL");
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A Paper is what a program prints on. */
export class Paper {
  lines = [];
  #waiting = new Set();

  print = (line) => {
    this.lines.push(line);
    for (const look of this.#waiting) look();
  };

  /** read waits for a line that matches, from a place on, and returns what the pattern's group did. */
  read(pattern, from = 0) {
    return new Promise((done, failed) => {
      const end = (f, value) => (clearTimeout(late), this.#waiting.delete(look), f(value));
      const late = setTimeout(() => end(failed, new Error(`${pattern} is not printed, but ${this.lines.join(" | ")}`)), patience);
      const look = () => {
        const found = this.lines.slice(from).map((line) => line.match(pattern)).find(Boolean);
        if (found) end(done, found[1] ?? found[0]);
      };
      this.#waiting.add(look);
      look();
    });
  }
}

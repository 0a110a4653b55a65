// The files of the page, read once. settings.js has what the page must know of the realtime server: its host options.

import { readFile } from "node:fs/promises";
import { join } from "node:path";

const types = { html: "text/html; charset=utf-8", css: "text/css; charset=utf-8", js: "text/javascript; charset=utf-8" };

export async function pages({ version, hostOptions, browserBuild }) {
  const files = {};
  for (const name of ["index.html", "page.css", "page.js", "parts.js", "words.js"]) {
    files[`/${name}`] = { type: types[name.split(".")[1]], bytes: await readFile(join(import.meta.dirname, "..", "public", name)) };
  }
  files["/"] = files["/index.html"];
  files["/ably.js"] = { type: types.js, bytes: await readFile(browserBuild) };
  const settings = JSON.stringify({ version, hostOptions });
  files["/settings.js"] = { type: types.js, bytes: Buffer.from(`export default ${settings};\n`) };
  return files;
}

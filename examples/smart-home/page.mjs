// Serves public/ at http://127.0.0.1:3000, which has to be in device.origins of Madang's configuration.
import { createReadStream } from "node:fs";
import { createServer } from "node:http";
import { isMain, log } from "./lib.mjs";

/** page serves the display's page, and socket.io-client for it. */
export function page(port) {
  const files = {
    "/": ["public/display.html", "text/html; charset=utf-8"],
    "/socket.io.js": ["node_modules/socket.io-client/dist/socket.io.min.js", "text/javascript"],
  };
  const server = createServer((request, response) => {
    const [file, type] = files[new URL(request.url, "http://localhost").pathname] ?? [];
    if (!file) return response.writeHead(404).end();
    response.writeHead(200, { "content-type": type });
    createReadStream(new URL(file, import.meta.url)).pipe(response);
  });
  return new Promise((done) => server.listen(port, "127.0.0.1", () => done(server)));
}

if (isMain(import.meta)) {
  const server = await page(Number(process.env.PORT ?? 3000));
  log(`listening on http://127.0.0.1:${server.address().port}`);
}

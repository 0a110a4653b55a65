// The ways by which a page of a Laravel application reaches Madang with Echo. The application's own code is the same for
// all of them: page.js.

/** What the page loads, and what Echo is given, for each way. */
const ways = {
  "socket.io": {
    title: "Socket.IO",
    scripts: ({ url }) => [`${url}/socket.io/socket.io.js`],
    echo: ({ url }) => ({ broadcaster: "socket.io", client: window.io, host: url }),
  },
  "socket.io-2": {
    title: "Socket.IO 2", // pages that were written for laravel-echo-server
    scripts: ({ url }) => [`${url}/socket.io/socket.io.js?v=2`],
    echo: ({ url }) => ({ broadcaster: "socket.io", client: window.io, host: url }),
  },
  reverb: {
    title: "Reverb",
    scripts: () => ["pusher.js"],
    echo: (madang) => ({ broadcaster: "reverb", ...pusher(madang) }),
  },
  pusher: {
    title: "Pusher",
    scripts: () => ["pusher.js"],
    echo: (madang) => ({ broadcaster: "pusher", cluster: "", ...pusher(madang) }),
  },
};

function pusher({ url, pusher: key }) {
  const { hostname, port, protocol } = new URL(url);
  return {
    key, Pusher: window.Pusher, wsHost: hostname, wsPort: port || 80, wssPort: port || 443,
    forceTLS: protocol === "https:", enabledTransports: ["ws", "wss"], disableStats: true, authEndpoint: "broadcasting/auth",
  };
}

/** Names and titles of the ways. */
export const titles = Object.entries(ways).map(([name, { title }]) => [name, title]);

const loaded = new Set();

const load = (src) => loaded.has(src) || new Promise((done, failed) => {
  const script = document.createElement("script");
  Object.assign(script, { src, onload: done, onerror: () => failed(new Error(`${src}: 받지 못했습니다`)) });
  document.head.append(script);
}).then(() => loaded.add(src));

/** Connects as who has a token. */
export async function connect(name, madang, token) {
  const way = ways[name];
  for (const src of ["echo.js", ...way.scripts(madang)]) await load(src);
  const { default: Echo = window.Echo } = window.Echo;
  return new Echo({ ...way.echo(madang), auth: { headers: { Authorization: `Bearer ${token}` } } });
}

/** Tells how the connection is, "on", "off" or "error", now and whenever that changes. */
export function watch({ connector: { socket, pusher } }, tell) {
  if (socket) {
    socket.on("connect", () => tell("on"));
    socket.on("disconnect", () => tell("off"));
    socket.on("connect_error", () => tell("error"));
    return;
  }
  const says = { connected: "on", connecting: "off", initialized: "off", unavailable: "error", failed: "error" };
  pusher.connection.bind("state_change", ({ current }) => says[current] && tell(says[current]));
}

/** Tells when a channel is refused, and with which HTTP status. */
export function refused({ connector: { socket } }, channel, tell) {
  if (socket) socket.on("subscription_error", (name, status) => name === channel.name && tell(status));
  else channel.error(({ status }) => tell(status));
}

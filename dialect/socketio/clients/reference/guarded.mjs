// The three ways in which a namespace may treat a client without a good token.
import { check, texts } from "../lib/token.mjs";

const tokenOf = (socket) => socket.handshake.auth.token;
const whoami = (socket) => socket.on("whoami", (ack) => ack({ user: check(tokenOf(socket)).user }));

/** guard adds /reject, /disconnect and /per-event to io. */
export function guard(io) {
  io.of("/reject").use((socket, next) => {
    const { code } = check(tokenOf(socket));
    if (!code) return next();
    next(Object.assign(new Error(texts[code]), { data: { code, reason: texts[code] } }));
  }).on("connection", whoami);

  io.of("/disconnect").on("connection", (socket) => {
    if (check(tokenOf(socket)).code) return socket.disconnect();
    whoami(socket);
  });

  io.of("/per-event").on("connection", (socket) => {
    socket.use((_packet, next) => {
      const { code } = check(tokenOf(socket));
      if (!code) return next();
      socket.emit("exception", { status: "error", message: texts[code] });
    });
    whoami(socket);
  });
}

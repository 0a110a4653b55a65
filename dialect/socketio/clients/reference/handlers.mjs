// What the fixture's namespaces answer; FIXTURE.md is the contract.
import { describe, produce } from "../lib/values.mjs";

/** greet serves what every profile has: the greeting and the two echoes. */
export function greet(socket) {
  socket.emit("auth", socket.handshake.auth);
  socket.on("message", (...args) => socket.emit("message-back", ...args));
  socket.on("message-with-ack", (...args) => args.pop()(...args));
}

/** serve adds what the matrix needs. */
export function serve(socket) {
  greet(socket);
  looks(socket);
  questions(socket);
  numbers(socket);
  rooms(socket);
  endings(socket);
}

function looks(socket) {
  socket.on("where", (ack) =>
    ack({ id: socket.id, transport: socket.conn.transport.name, protocol: socket.conn.protocol }));
  socket.on("describe", (...args) => args.pop()(args.map(describe)));
  socket.on("units", (text, ack) => ack(Array.from({ length: text.length }, (_, i) => text.charCodeAt(i))));
  socket.on("text", (units, ack) => ack(String.fromCharCode(...units)));
  socket.on("produce", (wanted, ack) => {
    socket.emit("produced", produce(wanted));
    ack(produce(wanted));
  });
}

function questions(socket) {
  socket.on("ask", (...args) => {
    const ack = args.pop();
    socket.emit("question", ...args, ack);
  });
  socket.on("ask-impatient", (ms, ack) => {
    socket.timeout(ms).emit("unanswerable", (err) => ack(err.message));
  });
  socket.on("silent", () => {});
  socket.on("ack-twice", (ack) => {
    ack("first");
    ack("second");
  });
}

function numbers(socket) {
  socket.on("burst", (count, each, everyMs) => {
    let next = 0;
    const turn = () => {
      for (let i = 0; i < each && next < count; i++) socket.emit("number", next++);
      if (next < count && socket.connected) setTimeout(turn, everyMs);
    };
    turn();
  });
  const collected = [];
  socket.on("collect", (number) => collected.push(number));
  socket.on("collected", (ack) => ack(collected));
  socket.on("volatile-pair", () => {
    socket.volatile.emit("maybe");
    socket.emit("surely");
  });
}

function rooms(socket) {
  socket.on("join", (room, ack) => (socket.join(room), ack()));
  socket.on("leave", (room, ack) => (socket.leave(room), ack()));
  socket.on("rooms", (ack) => ack([...socket.rooms].filter((room) => room !== socket.id).sort()));
  socket.on("broadcast", ({ to = [], except = [], self = false, volatile = false }, event, ...args) => {
    const ack = args.pop();
    let audience = (self ? socket.nsp : socket).except(except);
    if (to.length > 0) audience = audience.to(to);
    if (volatile) audience = audience.volatile;
    audience.emit(event, ...args);
    ack();
  });
  socket.on("broadcast-ask", (room, ms, arg, ack) => {
    socket.nsp.to(room).timeout(ms).emit("question", arg, (err, answers) =>
      ack({ error: err ? err.message : null, answers }));
  });
}

function endings(socket) {
  socket.on("close-transport", () => socket.conn.close());
  socket.on("leave-me", () => socket.disconnect());
  socket.on("kick", () => socket.disconnect(true));
}

// A chat front-end as one writes it for a NestJS gateway, and nothing of Madang in it.
//
//   TOKEN=… node client.mjs [http://127.0.0.1:8080] [message]
import { pathToFileURL } from "node:url";
import { io } from "socket.io-client";

/** connect opens the chat namespace; without a token the server says what is wrong. */
export function connect(url, token) {
  return io(url + "/chat", {
    auth: token === undefined ? {} : { token },
    forceNew: true,
  });
}

/** sendMessage resolves with the server's acknowledgement. */
export function sendMessage(socket, message) {
  return new Promise((resolve, reject) => {
    socket.timeout(10_000).emit("sendMessage", { message }, (err, ack) => (err ? reject(err) : resolve(ack)));
  });
}

/** watch prints all that can happen to a connection. */
export function watch(socket, print = console.log) {
  socket.on("connect", () => print("connected", socket.id));
  socket.on("connect_error", (err) => print("refused", err.data?.code ?? "", err.message));
  socket.on("disconnect", (reason) => print("disconnected", reason));
  socket.on("exception", (error) => print("exception", error));
  socket.on("message.created", (message) => print("message.created", message));
}

async function main([url = "http://127.0.0.1:8080", text = "안녕하세요"]) {
  const socket = connect(url, process.env.TOKEN);
  watch(socket);
  socket.on("connect_error", () => socket.active || process.exit(1));
  socket.on("connect", async () => {
    try {
      console.log("acknowledged", await sendMessage(socket, text));
    } catch (err) {
      console.log("not acknowledged:", err.message);
    }
  });
  process.on("SIGINT", () => process.exit(0));
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await main(process.argv.slice(2));

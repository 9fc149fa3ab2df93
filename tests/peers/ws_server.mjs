// A third compliant server: Node and the npm package `ws`.
//
// One sweep looks at all connections, as the reference server's does. JSON.parse reads exactly
// RFC 8259, and what its values cannot hold is beyond I-JSON: there any echo will do.
//
//     node tests/peers/ws_server.mjs --port 0 --timing fast

import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { WebSocketServer } from "ws";

const { values: given } = parseArgs({
  options: {
    port: { type: "string", default: "0" },
    timing: { type: "string", default: "fast" },
  },
});
const timing = JSON.parse(
  readFileSync(new URL(`../../spec/timing/${given.timing}.json`, import.meta.url), "utf8"),
);
const PATIENCE = 2_000; // milliseconds for a peer to answer a Close; ten seconds are allowed (S-DROP)
const LIMIT = 2 ** 20; // bytes of a message

const lastPings = new Map();

const server = new WebSocketServer({
  host: "127.0.0.1",
  port: Number(given.port),
  path: "/ws",
  maxPayload: LIMIT,
  handleProtocols: () => false,
});

server.on("listening", () => {
  console.log(`ws server listening on ws://127.0.0.1:${server.address().port}/ws`);
});

server.on("connection", (socket) => {
  lastPings.set(socket, performance.now());
  socket.on("message", (data, isBinary) => {
    if (!isBinary) answer(socket, data.toString());
  });
  socket.on("close", () => lastPings.delete(socket));
  socket.on("error", () => lastPings.delete(socket)); // what breaks RFC 6455 is closed by `ws`
});

function answer(socket, text) {
  let message;
  try {
    message = JSON.parse(text);
  } catch {
    return;
  }
  if (isPing(message)) {
    lastPings.set(socket, performance.now());
    socket.send('{"type":"pong"}');
    return;
  }
  try {
    socket.send(JSON.stringify({ type: "echo", data: message }));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // too deep to be written: may be ignored
  }
}

function isPing(message) {
  return (
    message !== null &&
    typeof message === "object" &&
    Object.hasOwn(message, "type") &&
    message.type === "ping"
  );
}

const sweep = setInterval(() => {
  const now = performance.now();
  for (const [socket, lastPing] of lastPings) {
    if (now - lastPing > timing.heartbeat_timeout * 1000) {
      lastPings.delete(socket);
      end(socket, 1000, "heartbeat timeout");
    }
  }
}, timing.check_interval * 1000);

function end(socket, code, reason) {
  socket.close(code, reason);
  const fuse = setTimeout(() => socket.terminate(), PATIENCE);
  socket.once("close", () => clearTimeout(fuse));
}

for (const signal of ["SIGTERM", "SIGINT"]) {
  process.once(signal, () => {
    clearInterval(sweep);
    server.close();
    for (const socket of server.clients) end(socket, 1001, "");
  });
}

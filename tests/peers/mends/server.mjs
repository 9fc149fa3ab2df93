// The server that one writes first on npm's `ws`, with every mend of `spec/mends.md` in it.
//
//     node tests/peers/mends/server.mjs --port 0 --timing fast

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
  readFileSync(new URL(`../../../spec/timing/${given.timing}.json`, import.meta.url), "utf8"),
);
const lastPings = new Map();

const wss = new WebSocketServer({
  host: "127.0.0.1",
  port: Number(given.port),
  path: "/ws",
  handleProtocols: () => false,
});

wss.on("listening", () => {
  console.log(`mended server listening on ws://127.0.0.1:${wss.address().port}/ws`);
});

wss.on("connection", (socket) => {
  lastPings.set(socket, performance.now());
  let last = Promise.resolve();
  socket.on("message", (data, isBinary) => {
    if (isBinary) return;
    last = last.then(() => handle(socket, data));
  });
  socket.on("close", () => lastPings.delete(socket));
  socket.on("error", () => {});
});

async function handle(socket, text) {
  let message, echo;
  try {
    message = JSON.parse(text);
    echo = JSON.stringify({ type: "echo", data: message });
  } catch {
    return;
  }
  if (message?.type === "ping") {
    lastPings.set(socket, performance.now());
    socket.send('{"type":"pong"}');
  } else {
    await stored(message);
    socket.send(echo);
  }
}

// What a real one does with a message: some of it takes a moment longer.
async function stored(message) {
  if (typeof message === "number") await new Promise((resolve) => setTimeout(resolve, 2));
}

function check() {
  const now = performance.now();
  for (const [socket, lastPing] of lastPings) {
    if (now - lastPing > timing.heartbeat_timeout * 1000) {
      try {
        lastPings.delete(socket);
        socket.close(1000, "heartbeat timeout");
        setTimeout(() => socket.terminate(), 5_000);
      } catch (error) {
        console.error(error);
      }
    }
  }
}

const checking = setInterval(check, timing.check_interval * 1000);

for (const signal of ["SIGTERM", "SIGINT"]) {
  process.once(signal, () => {
    clearInterval(checking);
    wss.close();
    for (const socket of wss.clients) socket.close(1001);
  });
}

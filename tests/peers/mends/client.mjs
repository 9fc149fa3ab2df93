// The client that one writes first on npm's `ws`, with every mend of `spec/mends.md` in it.
//
//     node tests/peers/mends/client.mjs ws://127.0.0.1:8765/ --timing fast

import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import WebSocket from "ws";

const { values: given, positionals } = parseArgs({
  allowPositionals: true,
  options: { timing: { type: "string", default: "fast" } },
});
const timing = JSON.parse(
  readFileSync(new URL(`../../../spec/timing/${given.timing}.json`, import.meta.url), "utf8"),
);
const [interval, pongTimeout, floor, jitter, cap] = [
  timing.heartbeat_interval,
  timing.pong_timeout,
  timing.reconnect_delay,
  timing.reconnect_jitter,
  timing.reconnect_cap,
].map((seconds) => seconds * 1000);
let socket, beat, pong, retry, lasting, failures = 0, wanted = true;

function connect() {
  clearTimeout(retry);
  const mine = (socket = new WebSocket(positionals[0], { handshakeTimeout: cap }));
  mine.on("open", () => {
    clearInterval(beat);
    beat = setInterval(ping, interval);
    lasting = setTimeout(() => (failures = 0), interval);
  });
  mine.on("message", (data, isBinary) => {
    if (isBinary) return;
    let message;
    try {
      message = JSON.parse(data);
    } catch {
      return;
    }
    if (message?.type === "pong") clearTimeout(pong);
    if (message?.type === "ping") socket.send('{"type":"pong"}');
  });
  mine.on("error", () => {});
  mine.on("close", lost);
}

function ping() {
  socket.send('{"type":"ping"}');
  clearTimeout(pong);
  pong = setTimeout(() => {
    socket.close(4000, "pong timeout");
    socket.terminate();
  }, pongTimeout + 5);
}

function lost() {
  clearInterval(beat);
  clearTimeout(pong);
  clearTimeout(lasting);
  if (wanted) retry = setTimeout(connect, delay());
  failures += 1;
}

function delay() {
  return Math.min(cap, floor * 2 ** Math.min(Math.max(failures - 1, 0), 10) + Math.random() * jitter);
}

function leave() {
  wanted = false;
  clearInterval(beat);
  clearTimeout(pong);
  clearTimeout(retry);
  socket.close(1000);
}

process.on("SIGTERM", leave);
process.on("SIGINT", leave);

connect();

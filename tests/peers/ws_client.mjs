// A second compliant client for Node: the npm package `ws`, by somebody who has read the contract.
//
//     node tests/peers/ws_client.mjs ws://127.0.0.1:8765/ --timing fast
//
// With --beforehand it asks for the health of the server before each attempt, and keeps a TCP
// connection ready for the next one, as browsers do on slow lines. Neither is an attempt.

import { get } from "node:http";
import { connect as connectTcp } from "node:net";
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import WebSocket from "ws";

const { values: given, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    timing: { type: "string", default: "production" },
    "answer-pings": { type: "boolean", default: false },
    beforehand: { type: "boolean", default: false },
  },
});
const timing = JSON.parse(
  readFileSync(new URL(`../../spec/timing/${given.timing}.json`, import.meta.url), "utf8"),
);
const HANDSHAKE = timing.reconnect_cap * 1000; // milliseconds
const PATIENCE = 1_000; // milliseconds for the server to answer the last Close

let socket = null; // the one connection, or the attempt at it
let retry = null;
let failures = 0; // in a row
let ended = false;
let ready = null; // a TCP connection for the next attempt

async function connect() {
  retry = null;
  const plain = given.beforehand && positionals[0].startsWith("ws:");
  if (plain) await askForHealth();
  if (ended) return;
  const kept = ready?.readyState === "open" ? ready : null;
  ready = null;
  const mine = new WebSocket(positionals[0], {
    perMessageDeflate: false,
    ...(kept && { createConnection: () => kept }),
  });
  socket = mine;
  let opened = null;
  let beat = null;
  let missing = null;
  // `handshakeTimeout` does nothing on a connection that was ready before.
  const unanswered = setTimeout(() => mine.terminate(), HANDSHAKE);

  // Whatever it was that ended the connection: the timers stop, and one attempt is set, once.
  const lose = () => {
    clearTimeout(unanswered);
    clearInterval(beat);
    clearTimeout(missing);
    if (socket !== mine) return;
    socket = null;
    if (ended) return;
    if (opened === null) failures += 1;
    else if (performance.now() - opened >= timing.heartbeat_interval * 1000) failures = 0;
    retry = setTimeout(connect, delay() * 1000);
  };

  const ping = () => {
    mine.send('{"type":"ping"}');
    clearTimeout(missing);
    missing = setTimeout(() => {
      mine.close(4000, "pong timeout");
      lose(); // the closing handshake is not waited for
    }, timing.pong_timeout * 1000 + 20);
  };

  mine.on("open", () => {
    clearTimeout(unanswered);
    opened = performance.now();
    if (plain) keepReady();
    beat = setInterval(ping, timing.heartbeat_interval * 1000);
  });
  mine.on("message", (data, isBinary) => {
    if (isBinary) return;
    const type = typeOf(data.toString());
    if (type === "pong") clearTimeout(missing);
    else if (type === "ping" && given["answer-pings"]) mine.send('{"type":"pong"}');
  });
  mine.on("close", lose);
  mine.on("error", () => {}); // a close follows
}

function askForHealth() {
  const url = new URL("/health", positionals[0].replace(/^ws/, "http"));
  return new Promise((resolve) => {
    const request = get(url, { agent: false, timeout: 100 }, (response) => {
      response.resume().on("close", resolve);
    });
    request.on("timeout", () => request.destroy());
    request.on("error", resolve);
  });
}

function keepReady() {
  const { hostname, port } = new URL(positionals[0]);
  const mine = (ready = connectTcp({ host: hostname, port }));
  mine.on("error", () => {}); // a close follows
  mine.on("close", () => {
    if (ready === mine) ready = null;
  });
}

function typeOf(text) {
  try {
    return JSON.parse(text)?.type;
  } catch {
    return undefined;
  }
}

function delay() {
  const doubled = timing.reconnect_delay * 2 ** Math.min(Math.max(failures - 1, 0), 10);
  return Math.min(doubled + Math.random() * timing.reconnect_jitter, timing.reconnect_cap);
}

for (const signal of ["SIGTERM", "SIGINT"]) {
  process.once(signal, () => {
    ended = true;
    clearTimeout(retry);
    ready?.destroy();
    if (socket === null) return;
    const last = socket;
    last.close(1000);
    setTimeout(() => last.terminate(), PATIENCE).unref();
  });
}

connect();

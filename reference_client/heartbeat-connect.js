/**
 * `node heartbeat-connect.js URL [production|fast|FILE]`: connect, stay, and print what happens.
 *
 * URL and timing may also come from WSBEAT_URL and WSBEAT_TIMING. SIGTERM and SIGINT close the
 * connection and end the process with exit code 0 (C-CLOSE-ON-EXIT). The WebSocket is that of
 * npm's ws where it is installed, because it behaves the same in every version of Node, and the
 * one that Node 22 has built in otherwise.
 */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

import { HeartbeatClient } from "./heartbeat-client.js";

const LAST_WORDS = 1000; // milliseconds that a server has to answer the Close

function main([url = process.env.WSBEAT_URL, timing = process.env.WSBEAT_TIMING ?? "production"]) {
  if (!url) throw new Error("no URL. Usage: node heartbeat-connect.js URL [production|fast|FILE]");
  const client = new HeartbeatClient(url, { timing: load(timing), WebSocket: findWebSocket() });
  const say = (type, line) => client.addEventListener(type, (event) => console.log(line(event)));
  say("open", () => "open");
  say("pong", ({ latency }) => `pong after ${(latency * 1000).toFixed(1)} ms`);
  say("message", ({ data }) => {
    return `message ${typeof data === "string" ? printable(data) : "(binary)"}`;
  });
  say("error", ({ message }) => `error ${printable(message)}`);
  say("close", ({ code, reason, reconnectIn }) => {
    const next = reconnectIn === null ? "for good" : `next attempt in ${reconnectIn.toFixed(2)} s`;
    return `close ${code} ${printable(reason)}, ${next}`;
  });
  client.addEventListener("close", ({ reconnectIn }) => reconnectIn === null && process.exit(0));
  for (const signal of ["SIGTERM", "SIGINT"]) {
    process.on(signal, () => {
      client.close();
      setTimeout(() => process.exit(0), LAST_WORDS);
    });
  }
}

function load(timing) {
  const shipped = ["production", "fast"].includes(timing);
  const file = shipped ? new URL(`../spec/timing/${timing}.json`, import.meta.url) : timing;
  return JSON.parse(readFileSync(file, "utf8"));
}

function findWebSocket() {
  try {
    return createRequire(import.meta.url)("ws"); // unlike `import`, it looks in NODE_PATH too
  } catch (error) {
    if (error.code !== "MODULE_NOT_FOUND") throw error;
    return globalThis.WebSocket;
  }
}

/** Text of the other end, cut short and without anything that a terminal would obey. */
function printable(text) {
  const short = text.length > 200 ? `${text.slice(0, 200)}…` : text;
  return JSON.stringify(short).replace(/[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, "?");
}

try {
  main(process.argv.slice(2));
} catch (error) {
  console.error(`heartbeat-connect: ${error.message}`);
  process.exitCode = 2;
}

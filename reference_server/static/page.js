/** The page of the reference server: a heartbeat to look at. The heartbeat itself is the client's. */

import { HeartbeatClient } from "./heartbeat-client.js";

const HEARTBEATS = 60; // in the strip
const ENTRIES = 200; // in the log
const LENGTH = 500; // characters of an entry

const show = (id, text) => {
  const element = document.getElementById(id);
  if (element.textContent !== text) element.textContent = text; // else it would be read out again
};
const button = (id) => document.getElementById(id);
const milliseconds = (seconds) => `${(seconds * 1000).toFixed(seconds < 0.1 ? 1 : 0)} ms`;
const inSeconds = (seconds) => `${Math.max(0, seconds).toFixed(1)} s`;
const now = () => performance.now() / 1000;

const STATES = {
  connecting: "Connecting",
  open: "Open",
  waiting: "Reconnecting",
  closing: "Closing",
  closed: "Closed",
};

const given = new URLSearchParams(location.search).get("ws");
const url = given ?? new URL("ws", location.href.replace(/^http/, "ws").replace(/[?#].*/, "")).href;
const timing = await (await fetch("timing.json")).json();
const counts = { answered: 0, lost: 0, connections: 0 };
const latencies = [];
let client;
let socket; // the client's present one, to be dropped behind its back
let since; // when it opened
let nextAttempt;
let awaited; // the bar of a ping without a pong so far

class Watched extends WebSocket {
  constructor(...connection) {
    super(...connection);
    socket = this;
  }
}

function connect() {
  try {
    client = new HeartbeatClient(url, { timing, WebSocket: Watched });
  } catch (error) {
    document.body.dataset.state = "failed";
    show("state", "Cannot connect");
    show("detail", `${error.message} Expected ?ws= to be a URL that begins with ws: or wss:.`);
    for (const id of ["drop", "close", "send"]) button(id).disabled = true;
    return;
  }
  log("connecting", "connect", `to ${url}`);
  client.addEventListener("open", () => {
    since = now();
    show("connections", String(++counts.connections));
    log("opened", "open", "");
  });
  client.addEventListener("ping", () => {
    awaited = bar("awaited", "awaited", 12);
  });
  client.addEventListener("pong", ({ latency }) => answered(latency));
  client.addEventListener("message", ({ data }) => {
    log("received", "received", typeof data === "string" ? data : "(a binary message)");
  });
  client.addEventListener("close", ended);
  client.addEventListener("reconnecting", () => log("connecting", "connect", "again"));
  for (const type of ["open", "close", "reconnecting"]) client.addEventListener(type, refresh);
  refresh();
}

function answered(latency) {
  latencies.push(latency);
  if (latencies.length > HEARTBEATS) latencies.shift();
  // From a tenth of a millisecond to the patience of the client, each factor of ten alike.
  const part = Math.log10(latency / 1e-4) / Math.log10(timing.pong_timeout / 1e-4);
  dress(awaited, "answered", milliseconds(latency), Math.max(4, 100 * part));
  awaited = undefined;
  const median = latencies.toSorted((a, b) => a - b)[Math.floor(latencies.length / 2)];
  show("latest", milliseconds(latency));
  show("median", milliseconds(median));
  show("answered", String(++counts.answered));
  describeStrip();
}

function ended({ code, reason, reconnectIn }) {
  nextAttempt = now() + reconnectIn;
  if (awaited) {
    dress(awaited, "lost", "lost", 100);
    awaited = undefined;
    show("lost", String(++counts.lost));
  }
  if (since !== undefined) bar("ended", `the connection ended with ${code}`, 100);
  since = undefined;
  const then = reconnectIn === null ? "for good" : `next attempt in ${inSeconds(reconnectIn)}`;
  log(reconnectIn === null ? "closed" : "ended", "ended", `${code} ${reason} (${then})`);
  describeStrip();
}

function refresh() {
  if (document.body.dataset.state !== client.state) {
    document.body.dataset.state = client.state;
    document.title = `${STATES[client.state]} · wsbeat`;
  }
  show("state", STATES[client.state]);
  if (client.state === "open") {
    show("detail", `for ${Math.floor(now() - since)} s`);
  } else {
    show("detail", client.state === "waiting" ? `in ${inSeconds(nextAttempt - now())}` : "");
  }
  button("drop").disabled = button("send").disabled = client.state !== "open";
  button("close").textContent = client.state === "closed" ? "Connect" : "Close for good";
  button("close").disabled = client.state === "closing";
}

function bar(type, title, height) {
  const element = document.createElement("i");
  dress(element, type, title, height);
  const strip = document.getElementById("strip");
  strip.append(element);
  while (strip.childElementCount > HEARTBEATS) strip.firstElementChild.remove();
  return element;
}

function dress(element, type, title, height) {
  element.className = type;
  element.title = title;
  element.style.height = `${height}%`;
}

function describeStrip() {
  const { answered: good, lost } = counts;
  const median = document.getElementById("median").textContent;
  document.getElementById("strip").ariaLabel = `${good} answered, ${lost} lost, median ${median}`;
}

/** Adds an entry; what came from elsewhere is shown as text, and what would hide in it as escapes. */
function log(type, word, text) {
  const short = text.length > LENGTH ? `${text.slice(0, LENGTH)}… (${text.length} characters)` : text;
  const entry = document.createElement("li");
  entry.className = type;
  for (const [name, content] of [["time", time()], ["b", word], ["span", visible(short)]]) {
    entry.append(Object.assign(document.createElement(name), { textContent: content }));
  }
  const list = document.getElementById("log");
  list.prepend(entry);
  while (list.childElementCount > ENTRIES) list.lastElementChild.remove();
}

function time() {
  return new Date().toLocaleTimeString("en-GB");
}

function visible(text) {
  return text.replace(
    /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function hint() {
  let type;
  try {
    type = JSON.parse(button("text").value)?.type;
  } catch {
    return show("hint", "Not JSON: the server ignores it.");
  }
  show("hint", type === "ping" ? "A ping: answered by a pong." : "JSON: answered by an echo.");
}

button("drop").addEventListener("click", () => {
  socket.close(4900, "dropped by hand"); // the client has not asked for it, so it comes back
});
button("close").addEventListener("click", () => {
  if (client.state === "closed") connect();
  else client.close(1000, "closed by hand");
  refresh();
});
button("text").addEventListener("input", hint);
button("form").addEventListener("submit", (event) => {
  event.preventDefault();
  if (client?.state !== "open") return;
  client.send(button("text").value);
  log("sent", "sent", button("text").value);
});

show("url", url);
show(
  "timing",
  `Timing “${timing.name}”: a ping every ${timing.heartbeat_interval} s; without one for ` +
    `${timing.heartbeat_timeout} s the server closes; without a pong for ${timing.pong_timeout} s ` +
    `this page reconnects, ${timing.reconnect_delay} s later or a little more.`,
);
hint();
connect();
setInterval(() => client && refresh(), 250);

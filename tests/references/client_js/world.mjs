/** A WebSocket whose other end is the test, and a clock that stands still unless the test moves it. */

import assert from "node:assert/strict";
import { mock } from "node:test";

import { HeartbeatClient, PRODUCTION } from "../../../reference_client/heartbeat-client.js";

export const T = PRODUCTION;

/** One attempt to connect, and what the client did with it; times are seconds of the clock. */
export class Attempt extends EventTarget {
  binaryType = "blob";
  bufferedAmount = 0;
  protocol = "";
  readyState = 0;
  sent = []; // {at, data}
  closed = null; // {at, code, reason}: the client's Close

  constructor(url, protocols) {
    super();
    this.url = url;
    this.protocols = protocols;
    this.at = seconds();
  }

  send(data) {
    if (this.readyState === 0) throw new DOMException("still connecting", "InvalidStateError");
    if (this.readyState === 1) this.sent.push({ at: seconds(), data });
  }

  close(code, reason = "") {
    if (code !== undefined && code !== 1000 && !(code >= 3000 && code <= 4999)) {
      throw new DOMException(`${code} may not be sent`, "InvalidAccessError");
    }
    if (this.readyState < 2) this.closed = { at: seconds(), code, reason };
    this.readyState = Math.max(this.readyState, 2);
  }

  /** The texts that were sent, and when. */
  pings() {
    return this.sent.filter(({ data }) => data === '{"type":"ping"}').map(({ at }) => at);
  }

  accept() {
    this.readyState = 1;
    this.dispatchEvent(new Event("open"));
  }

  says(data) {
    this.dispatchEvent(new MessageEvent("message", { data, origin: "ws://world" }));
  }

  pongs() {
    this.says('{"type":"pong"}');
  }

  ends(code = 1006, reason = "", wasClean = code !== 1006) {
    this.readyState = 3;
    this.dispatchEvent(Object.assign(new Event("close"), { code, reason, wasClean }));
  }

  /** As browsers and ws tell of an attempt that failed, or of a connection that broke. */
  breaks() {
    this.dispatchEvent(Object.assign(new Event("error"), { message: "broken" }));
    this.ends();
  }
}

let time; // seconds
let haste; // timers fire after this part of their delay
let timers; // number -> {at, act}, in the order in which they were set

export const seconds = () => time;

/** From now on timers fire after a part of their delay, as where two clocks disagree. */
export const hurry = (part) => (haste = part);

function setClock() {
  [time, haste, timers] = [0, 1, new Map()];
  let count = 0;
  mock.method(performance, "now", () => time * 1000);
  mock.method(globalThis, "setTimeout", (act, delay) => {
    count += 1;
    timers.set(count, { at: time + (delay * haste) / 1000, act });
    return count;
  });
  mock.method(globalThis, "clearTimeout", (number) => timers.delete(number));
}

/** Begins a new life: a client at second 0, with every attempt that it makes in `attempts`. */
export function start(options = {}) {
  mock.restoreAll();
  setClock();
  let random = 0.5;
  mock.method(Math, "random", () => random);
  const attempts = [];
  class Recorded extends Attempt {
    constructor(...given) {
      super(...given);
      attempts.push(this);
    }
  }
  const client = new HeartbeatClient("ws://world/", { WebSocket: Recorded, ...options });
  const heard = [];
  for (const type of ["open", "message", "error", "close", "ping", "pong", "reconnecting"]) {
    client.addEventListener(type, (event) => heard.push(event));
  }
  return {
    client,
    attempts,
    heard,
    types: () => heard.map(({ type }) => type),
    latest: () => attempts.at(-1),
    luck: (value) => (random = value),
  };
}

/** Lets time pass; each ping on the attempt `answering` is answered as it comes. */
export function pass(duration, { answering } = {}) {
  const end = time + duration;
  for (;;) {
    const [number, timer] = [...timers].sort(([, a], [, b]) => a.at - b.at)[0] ?? [];
    if (!(timer?.at <= end)) break;
    assert.ok(timers.size === 1, "C-PING-SINGLE: one timer at a time");
    timers.delete(number);
    time = Math.max(time, timer.at);
    const pings = answering?.pings().length;
    timer.act();
    if (answering?.pings().length > pings && answering.readyState === 1) answering.pongs();
  }
  time = end;
}

/** Lets time pass while nothing runs, as on a laptop that is shut: timers come late after it. */
export function sleep(duration) {
  time += duration;
}

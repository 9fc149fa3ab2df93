/** A WebSocket whose other end is the test, and a clock that the test moves. */

import { mock } from "node:test";

import { HeartbeatClient, PRODUCTION } from "../../reference_client/heartbeat-client.js";

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
    this.dispatchEvent(new MessageEvent("message", { data, origin: "ws://stage" }));
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

let slept = 0;

export function seconds() {
  return (Date.now() + slept) / 1000;
}

/** Begins a new life: a client at second 0, with every attempt that it makes in `attempts`. */
export function start(options = {}) {
  mock.reset();
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  slept = 0;
  mock.method(performance, "now", () => Date.now() + slept);
  let random = 0.5;
  mock.method(Math, "random", () => random);
  const attempts = [];
  class Recorded extends Attempt {
    constructor(...given) {
      super(...given);
      attempts.push(this);
    }
  }
  const client = new HeartbeatClient("ws://stage/", { WebSocket: Recorded, ...options });
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

/** Lets time pass; with `pongs`, each ping of that attempt is answered as it comes. */
export function pass(duration, { answering } = {}) {
  const end = seconds() + duration;
  while (seconds() < end - 1e-9) {
    const pings = answering?.pings().length;
    mock.timers.tick(Math.min(10, Math.round((end - seconds()) * 1000)));
    if (answering?.pings().length > pings && answering.readyState === 1) answering.pongs();
  }
}

/** Lets time pass while nothing runs, as on a laptop that was shut; timers come late after it. */
export function sleep(duration) {
  slept += duration * 1000;
}

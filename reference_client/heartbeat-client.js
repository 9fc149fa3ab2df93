/**
 * The client side of the wsbeat heartbeat protocol, to be read beside spec/protocol.md.
 *
 * For browsers and Node, without dependencies. It has the names and events of the browser's
 * WebSocket, and keeps the connection alive:
 *
 *     import { HeartbeatClient } from "./heartbeat-client.js";
 *     const client = new HeartbeatClient("wss://example.org/ws");
 *     client.addEventListener("message", (event) => console.log(event.data));
 *
 * Node 22 has a WebSocket of its own. Node 20 has none; hand it that of `npm install ws`:
 *
 *     import WebSocket from "ws";
 *     const client = new HeartbeatClient("wss://example.org/ws", { WebSocket });
 */

import { PRODUCTION, checked } from "./heartbeat-timing.js";

export { PRODUCTION };

const PING = '{"type":"ping"}'; // C-PING-FORM
const PONG = '{"type":"pong"}'; // B-CLIENT-PONG

const READY_STATE = { connecting: 0, waiting: 0, open: 1, closing: 2, closed: 3 };
const PONG_TIMEOUT = { code: 4000, reason: "pong timeout" };
const ABORTED = { code: 1006, reason: "", wasClean: false };

/** Seconds beyond a lower bound: it counts at the other end, where a ping may have come late. */
const MARGIN = 0.1;

/** Seconds by which a timer is really late, and then granted for reading what came meanwhile. */
const GLANCE = 0.05;

/**
 * A connection that keeps itself alive, until `close()` is called or the page is left.
 *
 * Events: "open", "message", "error" and "close" as those of a WebSocket, but again for every
 * connection. "close" also tells of an attempt that failed, and has `reconnectIn`: the seconds
 * until the next attempt, null after the client's own close. Besides them "reconnecting", when that
 * attempt begins; "ping", when one was sent; "pong", when it was answered, with its `latency` in
 * seconds. Heartbeats are no "message".
 */
export class HeartbeatClient extends EventTarget {
  static CONNECTING = 0;
  static OPEN = 1;
  static CLOSING = 2;
  static CLOSED = 3;

  onopen = null;
  onmessage = null;
  onerror = null;
  onclose = null;

  #url;
  #dial;
  #binaryType;
  #timing;
  #state = "connecting"; // or "open", "waiting", "closing", "closed": section 6.1
  #socket = null; // the only one whose events count
  #timer; // the only one, as no two states need one at once
  #alarm = null; // what the timer is set for: {at, act}
  #failures = 0; // attempts in a row that came to nothing, or to a short connection
  #openedAt; // all times in seconds of `now()`
  #pingedAt;
  #pingDue;
  #pongDue; // Infinity while none is awaited
  #excused; // the pong is late, but so was the timer
  #latency = null;
  #left = false; // the page was left, and may come back
  #ending = new AbortController();

  /**
   * Connects to a "ws:" or "wss:" URL. `timing` takes the names of spec/timing/*.json, in seconds.
   * Throws what the WebSocket throws for a URL or subprotocol that it cannot use, a TypeError when
   * there is no WebSocket or a name is unknown, and a RangeError for times that cannot work.
   */
  constructor(url, { protocols = [], timing = {}, WebSocket = globalThis.WebSocket } = {}) {
    super();
    if (typeof WebSocket !== "function") {
      const remedy = "run `npm install ws` and pass { WebSocket } as second argument";
      throw new TypeError(`Expected a WebSocket, as Node has from version 22 on; ${remedy}.`);
    }
    this.#url = String(url);
    this.#dial = () => new WebSocket(url, protocols);
    this.#timing = checked({ ...PRODUCTION, ...timing });
    for (const type of ["open", "message", "error", "close"]) {
      this.addEventListener(type, (event) => this[`on${type}`]?.(event));
    }
    this.#connect();
    this.#watchPage();
  }

  get url() { return this.#url; }
  get protocol() { return this.#socket?.protocol ?? ""; }
  get bufferedAmount() { return this.#socket?.bufferedAmount ?? 0; }
  get binaryType() { return this.#binaryType ?? this.#socket?.binaryType ?? "blob"; }
  set binaryType(type) {
    this.#binaryType = type;
    if (this.#socket) this.#socket.binaryType = type;
  }

  /** "connecting", "open", "waiting" (to reconnect), "closing" or "closed". */
  get state() { return this.#state; }
  /** The number that a WebSocket would have: while waiting to reconnect, that is CONNECTING. */
  get readyState() { return READY_STATE[this.#state]; }
  /** Seconds that the last answered ping took there and back; null before the first. */
  get latency() { return this.#latency; }

  /**
   * Sends a message. Nothing is kept for later: throws an InvalidStateError unless `state` is
   * "open", so that no message is lost without a word.
   */
  send(data) {
    if (this.#state !== "open") {
      throw new DOMException(`Not connected: ${this.#state}.`, "InvalidStateError");
    }
    this.#socket.send(data);
  }

  /** Closes for good: no more pings, no reconnect (C-CLOSE-FINAL). Throws as a WebSocket does. */
  close(code = 1000, reason = "") {
    this.#end(code, reason);
    this.#ending.abort();
  }

  #connect() {
    const socket = this.#dial();
    if (this.#binaryType) socket.binaryType = this.#binaryType;
    // Listeners stay on a socket that was given up, for some hosts throw an error that nobody
    // listens to; but it can touch nothing any more (C-RECONNECT-SINGLE, C-PING-SINGLE).
    const listen = (type, react) =>
      socket.addEventListener(type, (heard) => socket === this.#socket && react(heard));
    listen("open", () => this.#opened());
    listen("message", (heard) => this.#received(heard));
    listen("error", (heard) => this.#failed(heard));
    listen("close", (end) => this.#ended(end));
    this.#socket = socket;
    this.#state = "connecting";
    // A handshake may never be answered, and then nothing else would end it (C-ANSWER-MISSING).
    this.#wakeAt(now() + this.#timing.reconnect_cap, () => this.#giveUp());
  }

  #opened() {
    if (this.#state !== "connecting") return; // closed by its user in the meantime
    this.#state = "open";
    this.#openedAt = this.#pingDue = now(); // C-PING-FIRST: at once
    this.#pongDue = Infinity;
    this.#wakeAt(this.#pingDue, () => this.#beat());
    this.dispatchEvent(event("open"));
  }

  #beat() {
    const time = now();
    if (time >= this.#pongDue) {
      // Whoever wakes up late finds a pong that came in time still unread: look once more (C-STAY).
      if (this.#excused || time < this.#pongDue + GLANCE) return this.#giveUp(PONG_TIMEOUT);
      this.#excused = true;
      this.#pongDue = time + GLANCE;
    }
    if (time >= this.#pingDue) this.#ping(time);
    if (this.#state === "open") {
      this.#wakeAt(Math.min(this.#pingDue, this.#pongDue), () => this.#beat());
    }
  }

  #ping(time) {
    const { heartbeat_interval, pong_timeout } = this.#timing;
    // No drift, but after a long sleep no two pings in quick succession either (C-PING-CADENCE).
    const punctual = time - this.#pingDue < heartbeat_interval / 20;
    this.#pingDue = (punctual ? this.#pingDue : time) + heartbeat_interval;
    if (this.#pongDue === Infinity) {
      this.#pingedAt = time;
      this.#pongDue = time + pong_timeout + MARGIN; // C-PONG-MISSING
      this.#excused = false;
    }
    this.#socket.send(PING);
    this.dispatchEvent(event("ping"));
  }

  #received({ data, origin }) {
    if (this.#state !== "open") return;
    const type = typeOf(data);
    if (type === "ping") {
      this.#socket.send(PONG); // B-CLIENT-PONG; and never an answer to a pong: B-NO-LOOP
    } else if (type !== "pong") {
      this.dispatchEvent(new MessageEvent("message", { data, origin: origin ?? "" }));
    } else if (this.#pongDue !== Infinity) { // C-TOLERATE: else nobody asked for it
      this.#latency = now() - this.#pingedAt;
      this.#pongDue = Infinity;
      this.#wakeAt(this.#pingDue, () => this.#beat());
      this.dispatchEvent(event("pong", { latency: this.#latency }));
    }
  }

  #failed({ message = "" }) {
    this.dispatchEvent(event("error", { message }));
    // Some hosts tell a failed attempt by an error alone, others by an error and a close. Whichever
    // comes first ends it, and the other is of an earlier connection then.
    if (this.#socket && this.#state !== "open") this.#ended(ABORTED);
  }

  /** Gives up a connection, or an attempt, that would not end by itself. */
  #giveUp(end = {}) {
    const socket = this.#socket;
    this.#socket = null; // whatever is still heard of it
    socket.close(end.code, end.reason);
    this.#ended({ ...ABORTED, ...end });
  }

  #ended(end) {
    this.#socket = null;
    if (this.#state === "closing") {
      this.#state = "closed";
      this.dispatchEvent(closeEvent(end, null));
      return;
    }
    const delay = this.#delay(); // C-RECONNECT: whatever the code
    this.#state = "waiting";
    this.#wakeAt(now() + delay, () => this.#reconnect());
    this.dispatchEvent(closeEvent(end, delay));
  }

  #delay() {
    const { heartbeat_interval, reconnect_delay, reconnect_jitter, reconnect_cap } = this.#timing;
    const spread = Math.max(0, reconnect_jitter - MARGIN);
    const first = reconnect_delay + MARGIN + Math.random() * spread;
    if (this.#state === "open" && now() - this.#openedAt >= heartbeat_interval) {
      this.#failures = 0;
      return first; // C-RECONNECT-CEILING: and so is the first that does not last as long
    }
    return Math.min(first * 2 ** this.#failures++, reconnect_cap); // C-BACKOFF
  }

  #reconnect() {
    this.#connect();
    this.dispatchEvent(event("reconnecting"));
  }

  #end(code, reason) {
    const state = this.#state;
    if (state === "closing" || state === "closed") return;
    this.#state = "closing";
    try {
      this.#socket?.close(code, reason);
    } catch (error) {
      this.#state = state; // a code or reason that may not be sent: nothing has happened
      throw error;
    }
    clearTimeout(this.#timer);
    this.#alarm = null;
    if (state === "waiting") {
      queueMicrotask(() => this.#state === "closing" && this.#ended(ABORTED));
    }
  }

  #watchPage() {
    if (typeof document === "undefined") return;
    const { signal } = this.#ending;
    document.addEventListener("visibilitychange", () => this.#wake(), { signal });
    addEventListener("pagehide", () => this.#leave(), { signal });
    addEventListener("pageshow", () => this.#comeBack(), { signal });
  }

  #leave() { // C-CLOSE-ON-EXIT
    this.#left = this.#state !== "closing" && this.#state !== "closed";
    this.#end(1000, "page left");
  }

  #comeBack() {
    if (!this.#left) return this.#wake();
    this.#left = false; // out of the back/forward cache: a new life
    this.#failures = 0;
    this.#reconnect();
  }

  #wakeAt(at, act) {
    clearTimeout(this.#timer);
    this.#alarm = { at, act };
    this.#timer = setTimeout(() => this.#wake(), Math.max(0, Math.ceil((at - now()) * 1000)));
  }

  /** Does what is due. Timers may fire a little early; those of hidden pages fire much too late. */
  #wake() {
    if (this.#alarm === null) return;
    const { at, act } = this.#alarm;
    if (now() < at) this.#wakeAt(at, act);
    else act();
  }
}

const now = () => performance.now() / 1000; // monotonic

const event = (type, members) => Object.assign(new Event(type), members);

function closeEvent({ code, reason, wasClean }, reconnectIn) {
  return event("close", { code, reason, wasClean, reconnectIn });
}

/** The member `type` of a message, undefined for what has none: not JSON, binary, null. */
function typeOf(data) {
  try {
    return typeof data === "string" ? JSON.parse(data)?.type : undefined;
  } catch {
    return undefined; // C-TOLERATE
  }
}

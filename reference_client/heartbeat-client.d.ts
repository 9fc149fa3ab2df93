/** The types of heartbeat-client.js. All times are in seconds. */

/** A timing set, in the names of `spec/timing/*.json` (section 2.2 of the protocol). */
export interface Timing {
  readonly name: string;
  readonly heartbeat_interval: number;
  readonly heartbeat_timeout: number;
  readonly check_interval: number;
  readonly reconnect_delay: number;
  readonly reconnect_jitter: number;
  readonly reconnect_cap: number;
  readonly reply_deadline: number;
  readonly pong_timeout: number;
  readonly interval_tolerance: number;
  readonly tolerance: number;
}

/** What is used unless `timing` says otherwise. */
export declare const PRODUCTION: Timing;

/** What is needed of a WebSocket: that of browsers, of Node 22, and of npm's ws have it. */
export interface WebSocketLike {
  readonly bufferedAmount: number;
  readonly protocol: string;
  binaryType: string;
  addEventListener(type: string, listener: (event: any) => void): void;
  close(code?: number, reason?: string): void;
  send(data: any): void;
}

export interface HeartbeatClientOptions {
  /** Subprotocols to offer; none unless given. */
  protocols?: string | string[];
  /** Replaces any of the times of `PRODUCTION`. */
  timing?: Partial<Timing>;
  /** The WebSocket to use; `globalThis.WebSocket` unless given. */
  WebSocket?: new (url: string, protocols?: string | string[]) => WebSocketLike;
}

/** "waiting" is the time between the end of a connection, or of an attempt, and the next attempt. */
export type HeartbeatState = "connecting" | "open" | "waiting" | "closing" | "closed";

/** A ping was answered. */
export interface HeartbeatPongEvent extends Event {
  /** Seconds from the ping to its pong. */
  readonly latency: number;
}

/** A connection has ended, or an attempt to connect has failed. */
export interface HeartbeatCloseEvent extends Event {
  readonly code: number;
  readonly reason: string;
  readonly wasClean: boolean;
  /** Seconds until the next attempt; null after the client's own close. */
  readonly reconnectIn: number | null;
}

export interface HeartbeatErrorEvent extends Event {
  /** What the WebSocket said about it; browsers say nothing. */
  readonly message: string;
}

export interface HeartbeatClientEventMap {
  open: Event;
  message: MessageEvent;
  error: HeartbeatErrorEvent;
  close: HeartbeatCloseEvent;
  reconnecting: Event;
  ping: Event;
  pong: HeartbeatPongEvent;
}

type Handler<Type extends keyof HeartbeatClientEventMap> =
  | ((this: HeartbeatClient, event: HeartbeatClientEventMap[Type]) => unknown)
  | null;

/** A connection that keeps itself alive, until `close()` is called or the page is left. */
export declare class HeartbeatClient extends EventTarget {
  static readonly CONNECTING: 0;
  static readonly OPEN: 1;
  static readonly CLOSING: 2;
  static readonly CLOSED: 3;

  /**
   * Connects to a "ws:" or "wss:" URL.
   * @throws what the WebSocket throws for a URL or subprotocol that it cannot use
   * @throws TypeError when there is no WebSocket, or `timing` has an unknown name
   * @throws RangeError for times that cannot work
   */
  constructor(url: string | URL, options?: HeartbeatClientOptions);

  readonly url: string;
  /** The subprotocol of the present connection; "" without one. */
  readonly protocol: string;
  readonly bufferedAmount: number;
  readonly state: HeartbeatState;
  /** As a WebSocket has it; while waiting to reconnect, that is CONNECTING. */
  readonly readyState: 0 | 1 | 2 | 3;
  /** Seconds that the last answered ping took there and back; null before the first. */
  readonly latency: number | null;
  binaryType: string;

  onopen: Handler<"open">;
  onmessage: Handler<"message">;
  onerror: Handler<"error">;
  onclose: Handler<"close">;

  /**
   * Sends a message on the present connection; nothing is kept for a later one.
   * @throws DOMException "InvalidStateError" unless `state` is "open"
   */
  send(data: string | ArrayBufferLike | ArrayBufferView | Blob): void;

  /**
   * Closes for good: no more pings, no reconnect.
   * @throws DOMException as a WebSocket does, for a code or reason that may not be sent
   */
  close(code?: number, reason?: string): void;

  addEventListener<Type extends keyof HeartbeatClientEventMap>(
    type: Type,
    listener: (this: HeartbeatClient, event: HeartbeatClientEventMap[Type]) => unknown,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<Type extends keyof HeartbeatClientEventMap>(
    type: Type,
    listener: (this: HeartbeatClient, event: HeartbeatClientEventMap[Type]) => unknown,
    options?: boolean | EventListenerOptions,
  ): void;
  removeEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | EventListenerOptions,
  ): void;
}

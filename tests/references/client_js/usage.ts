/** What a user may write, and may not; compiled by a test, and never run. */

import {
  HeartbeatClient,
  PRODUCTION,
  type HeartbeatCloseEvent,
  type HeartbeatState,
  type Timing,
} from "../../../reference_client/heartbeat-client.js";

const interval: number = PRODUCTION.heartbeat_interval;
const whole: Timing = { ...PRODUCTION, name: "mine" };
const client = new HeartbeatClient(new URL("wss://example.org/ws"), {
  protocols: ["a"],
  timing: { heartbeat_interval: 2 * interval },
  WebSocket,
});
new HeartbeatClient("ws://example.org/ws", { timing: whole, protocols: "a" });

client.addEventListener("open", () => client.send('{"order":17}'), { once: true });
client.addEventListener("message", ({ data }) => JSON.parse(data));
client.addEventListener("pong", ({ latency }) => latency.toFixed(3));
client.addEventListener("ping", (event) => event.timeStamp);
client.addEventListener("reconnecting", () => undefined);
client.addEventListener("error", ({ message }) => message.length);
client.onclose = ({ code, reason, wasClean, reconnectIn }) => {
  if (reconnectIn !== null && wasClean && code > 1000 && reason) reconnectIn.toFixed(1);
};
client.onopen = client.onmessage = client.onerror = null;
const told = (event: HeartbeatCloseEvent): void => client.removeEventListener("close", told);
client.addEventListener("close", told);
const state: HeartbeatState = client.state;
const numbers: number[] = [client.readyState, HeartbeatClient.OPEN, client.bufferedAmount];
const texts: string[] = [client.url, client.protocol, client.binaryType, state];
const latency: number | null = client.latency;
client.binaryType = "arraybuffer";
client.send(new Uint8Array(numbers));
client.send(new Blob(texts));
client.close();
client.close(4001, String(latency));

// @ts-expect-error: names are those of the specification
new HeartbeatClient("ws://example.org/ws", { timing: { heartbeatInterval: 30 } });
// @ts-expect-error: seconds, not text
new HeartbeatClient("ws://example.org/ws", { timing: { pong_timeout: "20 s" } });
// @ts-expect-error: not a WebSocket
new HeartbeatClient("ws://example.org/ws", { WebSocket: EventTarget });
// @ts-expect-error: there may be no latency yet
client.latency.toFixed(1);
// @ts-expect-error: only the client knows
client.state = "open";
// @ts-expect-error: the last close has none
client.addEventListener("close", ({ reconnectIn }) => reconnectIn.toFixed(1));
// @ts-expect-error: no such state
const unknown: boolean = client.state === "sleeping";

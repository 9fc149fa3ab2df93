import { createRequire } from "node:module";
import { DELAY, INTERVAL, PING, PONG_TIMEOUT, onExit, url } from "./settings.mjs";

globalThis.window ??= globalThis;
const library = createRequire(import.meta.url)("websocket-heartbeat-js");
const WebsocketHeartbeatJs = library.default ?? library;
const socket = new WebsocketHeartbeatJs({
  url,
  pingTimeout: INTERVAL,
  pongTimeout: PONG_TIMEOUT,
  reconnectTimeout: DELAY,
  pingMsg: PING,
});
socket.onerror = () => {};
onExit(() => socket.close());

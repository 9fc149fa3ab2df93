import ReconnectingWebSocket from "reconnecting-websocket";
import { CAP, DELAY, INTERVAL, PING, onExit, url } from "./settings.mjs";

const socket = new ReconnectingWebSocket(url, [], {
  minReconnectionDelay: DELAY,
  maxReconnectionDelay: CAP,
  connectionTimeout: CAP,
  minUptime: INTERVAL,
});
let timer;
socket.addEventListener("open", () => {
  clearInterval(timer);
  timer = setInterval(() => socket.send(PING), INTERVAL);
});
socket.addEventListener("close", () => clearInterval(timer));
socket.addEventListener("error", () => {});
onExit(() => socket.close());

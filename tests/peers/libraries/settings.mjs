// What all of these programs need: a WebSocket as browsers have it, the URL, the times of `fast`, an orderly end.
import WS from "ws";

globalThis.WebSocket ??= WS;
export const url = process.argv[2] ?? process.env.WSBEAT_URL;
export const INTERVAL = 600;
export const PONG_TIMEOUT = 400;
export const DELAY = 350;
export const CAP = 3000;
export const PING = '{"type":"ping"}';

/** On SIGTERM and SIGINT: close, and end when the closing handshake has had its time. */
export function onExit(close) {
  for (const signal of ["SIGTERM", "SIGINT"]) {
    process.on(signal, () => {
      close();
      setTimeout(() => process.exit(0), 300);
    });
  }
}

// undici's own WebSocket, which is that of Node 22, with a heartbeat and a reconnect by hand.
import { WebSocket } from "undici";
import { CAP, DELAY, INTERVAL, PING, PONG_TIMEOUT, onExit, url } from "./settings.mjs";

let socket, beat, patience, retry, answer;

function connect() {
  const mine = (socket = new WebSocket(url));
  answer = setTimeout(() => lose(mine, 1000), CAP);
  mine.onopen = () => {
    clearTimeout(answer);
    beat = setInterval(() => {
      mine.send(PING);
      patience ??= setTimeout(() => lose(mine, 4000), PONG_TIMEOUT + 5);
    }, INTERVAL);
  };
  mine.onmessage = ({ data }) => {
    let message = null;
    try {
      message = JSON.parse(data);
    } catch {
      return;
    }
    if (message?.type === "pong") stop();
  };
  mine.onclose = () => lose(mine);
}

function stop() {
  clearTimeout(patience);
  patience = undefined;
}

function lose(mine, code) {
  if (mine !== socket) return;
  socket = undefined;
  clearInterval(beat);
  clearTimeout(answer);
  stop();
  if (code) mine.close(code);
  retry = setTimeout(connect, DELAY);
}

connect();
onExit(() => {
  const mine = socket;
  socket = undefined;
  [beat, patience, retry, answer].forEach(clearTimeout);
  mine?.close(1000);
});

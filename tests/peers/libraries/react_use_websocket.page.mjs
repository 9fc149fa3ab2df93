import { createElement } from "react";
import { createRoot } from "react-dom/client";
import library from "react-use-websocket";

const useWebSocket = library.default ?? library;
const url = new URLSearchParams(location.search).get("ws");

function Page() {
  const { readyState } = useWebSocket(url, {
    shouldReconnect: () => true,
    reconnectAttempts: Infinity,
    reconnectInterval: 350,
    heartbeat: {
      message: '{"type":"ping"}',
      returnMessage: '{"type":"pong"}',
      interval: 600,
      timeout: 1000,
    },
  });
  return createElement("p", null, String(readyState));
}

createRoot(document.body).render(createElement(Page));

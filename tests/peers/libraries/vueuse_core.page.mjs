import { useWebSocket } from "@vueuse/core";
import { createApp, h } from "vue";

const url = new URLSearchParams(location.search).get("ws");

createApp({
  setup() {
    const { status } = useWebSocket(url, {
      heartbeat: {
        message: '{"type":"ping"}',
        responseMessage: '{"type":"pong"}',
        interval: 600,
        pongTimeout: 400,
      },
      autoReconnect: { retries: -1, delay: 350 },
    });
    return () => h("p", status.value);
  },
}).mount(document.body);

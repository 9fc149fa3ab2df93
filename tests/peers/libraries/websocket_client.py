"""websocket-client: run_forever with its reconnect, and a thread that pings."""

import signal
import sys
import threading
from importlib import import_module
from typing import Any

websocket: Any = import_module("websocket")

INTERVAL, DELAY = 0.6, 0.35
beats: list[threading.Event] = []


def beat(app: Any, over: threading.Event) -> None:
    while not over.wait(INTERVAL):
        app.send('{"type":"ping"}')


def on_open(app: Any) -> None:
    over = threading.Event()
    beats.append(over)
    threading.Thread(target=beat, args=(app, over), daemon=True).start()


def on_end(*_: object) -> None:
    for over in beats:
        over.set()


def leave(*_: object) -> None:
    on_end()
    app.close()
    sys.exit(0)


app = websocket.WebSocketApp(
    sys.argv[1], on_open=on_open, on_reconnect=on_open, on_close=on_end, on_error=on_end
)
signal.signal(signal.SIGTERM, leave)
app.run_forever(reconnect=DELAY)

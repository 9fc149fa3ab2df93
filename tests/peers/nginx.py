"""nginx as a proxy before a server of this machine, where it is installed."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")

END_WITHIN = 10.0  # seconds

CONFIG = """\
daemon off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen {listen};
        location / {{
            proxy_pass http://{server};
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection "upgrade";
            proxy_read_timeout {idle}ms;
        }}
    }}
}}
"""


@contextmanager
def proxying(url: str, idle: float, folder: Path) -> Iterator[str]:
    """Run nginx before a server; yields the URL through it.

    ``idle`` is its idle timeout in seconds. It gets a socket that listens already, so that nobody
    has to wait for it, and nobody else can take its port.
    """
    assert NGINX is not None
    parts = urlsplit(url)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        host, port = listening.getsockname()
        config = CONFIG.format(
            folder=folder,
            listen=f"{host}:{port}",
            server=parts.netloc,
            idle=round(idle * 1000),
        )
        file = folder / "nginx.conf"
        file.write_text(config, "utf-8")
        process = subprocess.Popen(
            [NGINX, "-p", str(folder), "-c", str(file), "-e", str(folder / "error.log")],
            pass_fds=[listening.fileno()],
            env={**os.environ, "NGINX": f"{listening.fileno()};"},
        )
        try:
            yield f"ws://{host}:{port}{parts.path}"
            assert process.poll() is None, (folder / "error.log").read_text("utf-8")
        finally:
            process.terminate()
            try:
                process.wait(END_WITHIN)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

"""An S3 server in a process of its own, which notes each request: `python s3_server.py NOTES`.

In the process of the tests it could not answer while GDAL waits for it. It prints its address, and ends with its input.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from threading import Thread
from typing import Any
from urllib.parse import unquote

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server


class Quiet(WSGIRequestHandler):
    def log_request(self, *_: Any) -> None:
        pass


class Noting:
    """The application, with one line a request in a file."""

    def __init__(self, path: str) -> None:
        self.application = DomainDispatcherApplication(create_backend_app)
        self.notes = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        status: list[str] = []

        def start(line: str, *rest: Any) -> Any:
            status.append(line)
            return start_response(line, *rest)

        body = b"".join(self.application(environ, start))
        path = unquote(environ.get("RAW_URI", environ["PATH_INFO"]).partition("?")[0])
        note = {
            "method": environ["REQUEST_METHOD"],
            "path": path,
            "query": unquote(environ["QUERY_STRING"]),
            "range": environ.get("HTTP_RANGE"),
            "status": int(status[0][:3]),
            "bytes": len(body),
        }
        os.write(self.notes, json.dumps(note).encode() + b"\n")
        return [body]


def main() -> None:
    server = make_server("127.0.0.1", 0, Noting(sys.argv[1]), threaded=True, request_handler=Quiet)
    sys.stdout.write(f"http://127.0.0.1:{server.server_port}\n")
    sys.stdout.flush()
    Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()
    server.shutdown()


if __name__ == "__main__":
    main()

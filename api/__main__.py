"""`python -m api`: run the service as the `FLATSIM_*` variables configure it, until it is stopped."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import socket
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import uvicorn
from pydantic import ValidationError
from uvicorn.supervisors import Multiprocess

from api.errors import StartError
from api.http.error_responses import describe_error
from api.settings.service import ServiceSettings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from fastapi import FastAPI

_logger = logging.getLogger("api")

GRACE_S: Final = 5
"""Seconds that running requests get when the service is stopped."""
_FAILED: Final = 1
_WRONG_SETTINGS: Final = 2


def main() -> int:
    """Run the service; returns the exit status."""
    _log_to_stderr()
    try:
        settings = ServiceSettings()
    except ValidationError as error:
        return _give_up(f"FLATSIM_*: {describe_error(error)}", _WRONG_SETTINGS)
    try:
        _serve(settings)
    except StartError as error:
        return _give_up(str(error), _FAILED)
    return 0


def _log_to_stderr() -> None:
    logging.basicConfig(level=logging.INFO, format="%(levelname)s: %(message)s", stream=sys.stderr)
    # stac-fastapi 7.0.0 makes its settings when it is imported, and warns of titles that this service replaces
    logging.getLogger("stac_fastapi.types.config").setLevel(logging.ERROR)


def worker_app() -> FastAPI:
    """The application of one of several processes, which begins with nothing but its environment."""
    _log_to_stderr()
    with _without_collection():
        from api.app import create_app  # noqa: PLC0415

        return create_app()


@contextmanager
def _without_collection() -> Iterator[None]:
    """What is made meanwhile stays: it is not looked through for garbage, neither now nor while requests are served."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _serve(settings: ServiceSettings) -> None:
    """Check what can be checked before, then serve.

    Raises:
        StartError: The service cannot start.
    """
    with _without_collection():
        # stac-fastapi is imported only once its warnings are settled
        from api.app import create_app  # noqa: PLC0415
        from api.database.pool import check_database  # noqa: PLC0415

        app = create_app(settings)
    with _listen(settings.host, settings.port) as listener:
        asyncio.run(check_database(settings))
        _logger.info("FLATSIM STAC is at %s", _address(listener, settings))
        if settings.workers > 1:
            Multiprocess(_config("api.__main__:worker_app", settings.workers), [listener]).run()
            return
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, _leave)
        server = uvicorn.Server(_config(app))
        server.run(sockets=[listener])
        if not server.started:
            msg = "The service could not start; its log says why."
            raise StartError(msg)


def _config(app: FastAPI | str, workers: int = 1) -> uvicorn.Config:
    """How to serve an application, or in each of several processes the one that the function of this name makes."""
    return uvicorn.Config(
        app,
        factory=isinstance(app, str),
        workers=workers,
        log_config=None,
        proxy_headers=False,  # api.http.forwarded reads them
        timeout_graceful_shutdown=GRACE_S,
        server_header=False,
    )


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket, so that a taken port is known before anything else is started."""
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return socket.create_server(address[:2], family=family, backlog=2048)
    except OSError as error:
        msg = (
            f"Cannot listen on {host} port {port} ({error.strerror or error}). "
            "Choose another with FLATSIM_PORT or --port."
        )
        raise StartError(msg) from error


def _address(listener: socket.socket, settings: ServiceSettings) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}{settings.root_path}/"


def _leave(_number: int, _frame: FrameType | None) -> None:
    """The server hands a signal on after it has shut down; that is then a good end."""
    raise SystemExit(0)


def _give_up(message: str, status: int) -> int:
    sys.stderr.write(f"ERROR: {message}\n")
    return status


if __name__ == "__main__":
    sys.exit(main())

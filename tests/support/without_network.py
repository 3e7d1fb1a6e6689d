"""Runs a program of another environment with JSON Schemas from a folder in place of the network.

    python without_network.py FOLDER PROGRAM [ARGUMENTS…]

A schema at `https://host/path` is the file `host/path` of FOLDER, else one of those that come with pystac. Anything
else that is neither of this machine nor there is an error, as it is where there is no network. PROGRAM is the name of
an entry point, such as `stac-api-validator`, or a file of Python.
"""

from __future__ import annotations

import io
import json
import runpy
import sys
import urllib.request
from email.message import Message
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit

import requests
from pystac.validation.local_validator import get_local_schema_cache
from requests.adapters import HTTPAdapter
from urllib3.response import HTTPResponse

OWN = ("127.0.0.1", "localhost")
STAND_INS = {
    "https://proj.org/schemas/v0.7/projjson.schema.json": {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
    },
}

folder = Path(sys.argv[1])
shipped: dict[str, Any] = {**get_local_schema_cache(), **STAND_INS}
shipped |= {uri.rstrip("#"): schema for uri, schema in shipped.items()}


def schema(address: str) -> bytes | None:
    """The content of a schema."""
    parts = urlsplit(address)
    if address.rstrip("#") in shipped:
        return json.dumps(shipped[address.rstrip("#")]).encode()
    file = folder / parts.netloc / parts.path.lstrip("/")
    return file.read_bytes() if file.is_file() else None


def opened(address: Any, *arguments: Any, **others: Any) -> Any:
    """What `urlopen` gives."""
    text = address if isinstance(address, str) else address.full_url
    if urlsplit(text).hostname in OWN:
        return open_really(address, *arguments, **others)
    if (content := schema(text)) is None:
        msg = f"no schema {text} in {folder}"
        raise URLError(msg)
    return urllib.request.addinfourl(io.BytesIO(content), Message(), text, 200)  # type: ignore[attr-defined]


def sent(self: HTTPAdapter, request: Any, **others: Any) -> Any:
    """What `requests` gives."""
    if urlsplit(request.url).hostname in OWN:
        return send_really(self, request, **others)
    if (content := schema(request.url)) is None:
        msg = f"no schema {request.url} in {folder}"
        raise requests.ConnectionError(msg)
    answer = HTTPResponse(io.BytesIO(content), status=200, preload_content=False)
    return self.build_response(request, answer)


open_really, urllib.request.urlopen = urllib.request.urlopen, opened
send_really, HTTPAdapter.send = HTTPAdapter.send, sent  # type: ignore[method-assign]

sys.argv = sys.argv[2:]
if sys.argv[0].endswith(".py"):
    runpy.run_path(sys.argv[0], run_name="__main__")
else:
    (program,) = entry_points(group="console_scripts", name=sys.argv[0])
    sys.exit(program.load()())

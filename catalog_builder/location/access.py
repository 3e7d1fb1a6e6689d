"""How object stores are reached: one reading of the environment, told to both who ask them, obstore and GDAL.

The names are those of the stores' own tools. For S3: `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`,
`AWS_REGION`, `AWS_ENDPOINT_URL`, `AWS_NO_SIGN_REQUEST`, `AWS_REQUEST_PAYER`, `AWS_PROFILE` and the files it is looked
up in. What both understand by themselves (keys in variables, roles of containers and machines) is not repeated here.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from configparser import ConfigParser, Error
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias
from urllib.parse import urlsplit

from catalog_builder.errors import StoreError
from catalog_builder.location.address import GDAL_PREFIXES, Location

CONNECT_TIMEOUT_S = 5
REQUEST_TIMEOUT_S = 30
RETRIES = 3
"""After faults of the network or the server, with growing pauses of a second or two in all."""

_PREFIXES = ("AWS_", "GS_", "GOOGLE_", "AZURE_", "HOME")
_TRUE = ("1", "yes", "true", "on")
_GDAL_HTTP = {
    "GDAL_HTTP_CONNECTTIMEOUT": str(CONNECT_TIMEOUT_S),
    "GDAL_HTTP_TIMEOUT": str(REQUEST_TIMEOUT_S),
    "GDAL_HTTP_MAX_RETRY": str(RETRIES),
    "GDAL_HTTP_RETRY_DELAY": "0.3",
    # What was read of an object is forgotten with its raster: the object may be another one at the next build.
    "CPL_VSIL_CURL_NON_CACHED": ":".join(GDAL_PREFIXES.values()),
}


@dataclass(frozen=True, slots=True)
class Access:
    """What two libraries are told of one store, beside what they read in the environment themselves."""

    store: dict[str, str | bool] = field(default_factory=dict)
    """Configuration of obstore."""
    gdal: dict[str, str] = field(default_factory=dict)
    """Configuration of GDAL."""

    @property
    def is_plain_http(self) -> bool:
        """Whether the endpoint is one without encryption."""
        return str(self.store.get("endpoint", "")).startswith("http://")


Variables: TypeAlias = tuple[tuple[str, str], ...]


def variables() -> Variables:
    """The part of the environment that has a say, in a form that can be compared."""
    return tuple(sorted((name, value) for name, value in os.environ.items() if name.startswith(_PREFIXES)))


def gdal_options(location: Location) -> dict[str, str]:
    """What GDAL must know to read there; nothing for a disk."""
    return {} if isinstance(location, Path) else _GDAL_HTTP | access_of(location.scheme).gdal


def access_of(scheme: str, environ: Mapping[str, str] | None = None) -> Access:
    """How stores of a scheme are reached.

    Args:
        scheme: `s3`, `gs` or `az`.
        environ: the environment, if it is not that of the process.

    Raises:
        StoreError: a variable or a file it names makes no sense.
    """
    known = {name: value for name, value in (os.environ if environ is None else environ).items() if value}
    if scheme == "s3":
        return _s3(known)
    access = Access()
    unsigned, account = {"gs": ("GS_NO_SIGN_REQUEST", ""), "az": ("AZURE_NO_SIGN_REQUEST", "AZURE_STORAGE_ACCOUNT")}[
        scheme
    ]
    if _is_true(known, unsigned):
        access.store["skip_signature"] = True
    name = known.get(account) or known.get(f"{account}_NAME")
    if name:
        access.store["account_name"] = access.gdal[account] = name
    return access


def _s3(known: Mapping[str, str]) -> Access:
    profile = {} if "AWS_ACCESS_KEY_ID" in known else _profile(known)
    access = Access()
    keys = {
        "access_key_id": "aws_access_key_id",
        "secret_access_key": "aws_secret_access_key",
        "session_token": "aws_session_token",
    }
    access.store.update({name: profile[key] for name, key in keys.items() if key in profile})
    region = known.get("AWS_REGION") or known.get("AWS_DEFAULT_REGION") or profile.get("region")
    if region:
        access.store["region"] = access.gdal["AWS_REGION"] = region
    if _is_true(known, "AWS_NO_SIGN_REQUEST", "AWS_SKIP_SIGNATURE"):
        access.store["skip_signature"] = True
        access.gdal["AWS_NO_SIGN_REQUEST"] = "YES"
    if "AWS_REQUEST_PAYER" in known:
        access.store["request_payer"] = True
    if "AWS_SHARED_CREDENTIALS_FILE" in known:
        access.gdal["CPL_AWS_CREDENTIALS_FILE"] = known["AWS_SHARED_CREDENTIALS_FILE"]
    endpoint = known.get("AWS_ENDPOINT_URL_S3") or known.get("AWS_ENDPOINT_URL") or profile.get("endpoint_url")
    if endpoint:
        _set_endpoint(access, endpoint, is_virtual=_is_true(known, "AWS_VIRTUAL_HOSTING"))
    return access


def _set_endpoint(access: Access, endpoint: str, *, is_virtual: bool) -> None:
    """Another store than Amazon's: buckets are in its paths, unless the operator says that they are names of hosts."""
    parts = urlsplit(endpoint)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        msg = f"AWS_ENDPOINT_URL: {endpoint!r} is not an address such as https://s3.example.org"
        raise StoreError(msg)
    place = f"{parts.netloc}{parts.path}".rstrip("/")
    access.store["endpoint"] = f"{parts.scheme}://{place}"
    access.store["virtual_hosted_style_request"] = is_virtual
    access.gdal["AWS_S3_ENDPOINT"] = place
    access.gdal["AWS_HTTPS"] = "YES" if parts.scheme == "https" else "NO"
    access.gdal["AWS_VIRTUAL_HOSTING"] = "TRUE" if is_virtual else "FALSE"


def _profile(known: Mapping[str, str]) -> dict[str, str]:
    """Keys, region and endpoint of the named or the default profile, from the files of the AWS tools."""
    home = Path(known.get("HOME", "~")).expanduser() / ".aws"
    name = known.get("AWS_PROFILE") or known.get("AWS_DEFAULT_PROFILE") or "default"
    values: dict[str, str] = {}
    for variable, default, section in (
        ("AWS_CONFIG_FILE", "config", name if name == "default" else f"profile {name}"),
        ("AWS_SHARED_CREDENTIALS_FILE", "credentials", name),
    ):
        file = Path(known.get(variable) or home / default)
        parser = ConfigParser(interpolation=None)
        try:
            parser.read(file, encoding="utf-8")
        except (Error, UnicodeDecodeError) as error:
            msg = f"{file}: {' '.join(str(error).split())}"
            raise StoreError(msg) from error
        values |= dict(parser[section]) if parser.has_section(section) else {}
    return values


def _is_true(known: Mapping[str, str], *names: str) -> bool:
    return any(known.get(name, "").lower() in _TRUE for name in names)

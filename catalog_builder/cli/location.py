"""Arguments that are paths or addresses of object stores."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from catalog_builder.errors import FlatsimError
from catalog_builder.location import locate
from catalog_builder.location.published import NoBase, check_base


class LocationType(click.Path):
    """A path, completed by the shell as one, or an address such as `s3://bucket/prefix`."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The location of a text."""
        try:
            return value if not isinstance(value, str) else locate(value)
        except FlatsimError as error:
            self.fail(str(error), param, ctx)


LOCATION = LocationType(path_type=Path)


class BaseType(click.ParamType[str]):
    """An address below which files are published."""

    name = "url"

    def __init__(self, *, takes_query: bool) -> None:
        self._takes_query = takes_query

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The address, if addresses can begin with it."""
        try:
            check_base(value, takes_query=self._takes_query)
        except NoBase as error:
            self.fail(str(error), param, ctx)
        return value


BASE = BaseType(takes_query=True)
BASE_WITHOUT_QUERY = BaseType(takes_query=False)

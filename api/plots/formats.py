"""In which form a plot is answered, and in which language: by `f` and `lang`, or else by the headers."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson
from starlette.responses import Response

from api.http.content_negotiation import Format, negotiate_format
from api.http.item_formats import TABLE
from api.http.page_negotiation import Language, choose_language
from api.http.security_policy import PICTURE_POLICY
from api.search.serialise.csv_cells import cell
from api.stac.links import JSON

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from starlette.requests import Request


SVG_TYPE: Final = "image/svg+xml"
DATA: Final = Format(names=("json",), media_types=(JSON,), title="JSON")
PICTURE: Final = Format(names=("svg",), media_types=(SVG_TYPE,), title="SVG")
PAGE: Final = Format(names=("html",), media_types=("text/html",), title="HTML")
FORMS: Final = (DATA, PICTURE, PAGE, TABLE)
"""In the order of preference between those that a client likes equally well."""
OTHERS: Final = (PICTURE, PAGE, TABLE)
"""Those that the data link to."""
_BY_NAME: Final = {name: form for form in FORMS for name in form.names}

_VARY: Final = "Accept, Accept-Language"
_NO_FILE_NAME: Final = re.compile("[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class PlotFormat:
    """The form of an answer, and the language of the words in it."""

    form: Format
    language: Language


def negotiate_plot_format(request: Request, form: str | None, language: str | None) -> PlotFormat:
    """What a request asks for.

    Args:
        request: Its headers count for what it does not say.
        form: Its `f`.
        language: Its `lang`.

    Raises:
        NotAcceptable: The client takes none of the forms there are.
    """
    return PlotFormat(
        _BY_NAME[form] if form is not None else negotiate_format(FORMS, request.headers.getlist("accept")).format,
        Language(language) if language else choose_language(request),
    )


def picture(svg: bytes) -> Response:
    """A figure as an answer."""
    headers = {"Content-Security-Policy": PICTURE_POLICY, "Vary": _VARY, "X-Content-Type-Options": "nosniff"}
    return Response(svg, media_type=SVG_TYPE, headers=headers)


def data(document: Mapping[str, Any]) -> Response:
    """What a figure shows, as JSON."""
    return Response(orjson.dumps(document), media_type=JSON, headers={"Vary": _VARY})


def table(columns: Iterable[str], rows: Iterable[Mapping[str, Any]], name: str) -> Response:
    """What a figure shows, as CSV.

    Args:
        columns: In the first line.
        rows: By column.
        name: Of a file of it, without the ending.
    """
    render_svg = io.StringIO()
    writer = csv.writer(render_svg, lineterminator="\r\n")
    view = list(columns)
    writer.writerow(view)
    writer.writerows([cell(row[column]) for column in view] for row in rows)
    file_name = f"{_NO_FILE_NAME.sub('_', name)[:120]}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{file_name}"', "Vary": _VARY}
    return Response(
        render_svg.getvalue().encode(), media_type=f"{TABLE.media_types[0]}{TABLE.parameters}", headers=headers
    )

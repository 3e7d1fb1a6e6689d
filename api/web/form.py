"""The search form: what it sends put into the parameters of the API, and those shown in it again."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlencode

from api.request.times import OPEN
from api.web.form_fields import (
    COLLECTIONS,
    DEFAULT_LIMIT,
    FIELDS,
    HIGH,
    LIMIT,
    LIMITS,
    LOW,
    RANGED,
    SORT,
    SORTS,
    FieldRow,
    Kind,
)
from api.web.typography import MINUS, unit_text
from catalog_builder.vocab.kinds import BY_PRODUCT_TYPE
from catalog_builder.vocab.queryables import BY_NAME as QUERYABLES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from api.web.page_context import PageContext

_COMMA: Final = re.compile(r"[-+]?\d+,\d+")
_SHOWN_APART: Final = ("token", "page")
"""Parameters that a new search begins without."""
_HOW_TO_READ: Final = ("filter-lang", "filter-crs")
_SAFE: Final = "/:,."


def normalise_query(query: str) -> str:
    """The query that a form was sent with, as the API reads it: nothing empty, one parameter for both ends of a range.

    A query that no form has made comes back as it is.

    >>> normalise_query("q=&insar:temporal_baseline.min=&insar:temporal_baseline.max=24&bbox=1,2,3,4")
    'bbox=1,2,3,4&insar:temporal_baseline=../24'
    >>> normalise_query("bbox=1%2C2,3,4")
    'bbox=1%2C2,3,4'
    """
    pairs = parse_qsl(query, keep_blank_values=True)
    ends = {name + end for name in RANGED for end in (LOW, HIGH)}
    if all(value.strip() and name not in ends for name, value in pairs):
        return query
    given = dict(pairs)
    parameters = [(name, value.strip()) for name, value in pairs if value.strip() and name not in ends]
    for name in RANGED:
        low, high = (_plain_number(given.get(name + end, "").strip()) for end in (LOW, HIGH))
        if low or high:
            parameters = [pair for pair in parameters if pair[0] != name]
            parameters.append((name, f"{low or '..'}/{high or '..'}"))
    return urlencode(parameters, safe=_SAFE)


def _plain_number(text: str) -> str:
    """A number as it is typed in any language: with a comma, with a real minus sign."""
    text = text.replace(MINUS, "-")
    return text.replace(",", ".") if _COMMA.fullmatch(text) else text


@dataclass(frozen=True, slots=True)
class Choice:
    """One entry of a menu."""

    value: str
    text: str
    is_chosen: bool


@dataclass(slots=True, kw_only=True)
class Field:
    """One field as it is shown: with what was typed, and with the least and the largest value there are."""

    name: str
    kind: Kind
    label: str
    hint: str | None = None
    value: str = ""
    low: str = ""
    high: str = ""
    least: str = ""
    largest: str = ""
    choices: list[Choice] = field(default_factory=list)

    @property
    def shown(self) -> str:
        """Its value in words; empty if there is not one."""
        if self.kind is Kind.CHOICE and self.value:
            return next((each.text for each in self.choices if each.is_chosen), self.value)
        if self.low == self.high or self.kind is Kind.TEXT:
            return self.value
        low, high = self.low, self.high
        return f"{low} … {high}" if low and high else f"≥ {low}" if low else f"≤ {high}"


@dataclass(frozen=True, slots=True)
class Form:
    """The form as it is shown.

    Attributes:
        action: Where it is sent.
        clear: Where it is empty again.
        groups: Fields under the keys of their headings.
        sort: The menu of orders.
        limits: The menu of the sizes of a page.
        parameters: Parameters of the address that the form has no field for; they go on with it.
        carried: The same that are about the page, and not shown.
    """

    action: str
    clear: str
    groups: list[tuple[str, list[Field]]]
    sort: Field
    limits: Field
    parameters: list[tuple[str, str]]
    carried: dict[str, str]

    def describe_criteria(self) -> Iterator[str]:
        """What is asked for, in words."""
        for _, fields in self.groups:
            for each in fields:
                if shown := each.shown:
                    yield f"{each.label}: {shown}"
        for name, value in self.parameters:
            if name not in _HOW_TO_READ:
                yield f"{name}: {value}"


@dataclass(frozen=True, slots=True)
class SearchChoices:
    """What can be asked for.

    Attributes:
        schemas: JSON Schema of each property, with the values there are.
        collections: Id and title of each collection; none where those of one alone are looked for.
    """

    schemas: Mapping[str, Mapping[str, Any]]
    collections: Sequence[tuple[str, str]]


def form_of(context: PageContext, action: str, available: SearchChoices, query: str, *, short: bool = False) -> Form:
    """The form with what a query says filled in.

    Args:
        context: Of the page.
        action: Where the form is sent.
        available: What can be asked for.
        query: The query, without what is about the page alone.
        short: Whether it is the short form.
    """
    given = {name: value for name, value in parse_qsl(query) if name not in _SHOWN_APART}
    rows = [row for row in FIELDS if _is_available(row, available) and (row.in_short or not short)]
    fields = {row.name: _field(row, given.get(row.name, ""), available, context) for row in rows}
    groups: dict[str, list[Field]] = {}
    for row in rows:
        groups.setdefault(row.group, []).append(fields[row.name])
    own = {*fields, SORT, LIMIT}
    return Form(
        action=action,
        clear=f"{action}?{urlencode(context.carried)}" if context.carried else action,
        groups=list(groups.items()),
        sort=_sort(given.get(SORT, ""), available, context),
        limits=_limits(given.get(LIMIT, ""), context),
        parameters=[(name, value) for name, value in given.items() if name not in own],
        carried=context.carried,
    )


def _is_available(row: FieldRow, available: SearchChoices) -> bool:
    if row.of_all and not available.collections:
        return False
    return row.label is not None or row.name in available.schemas


def _field(row: FieldRow, value: str, available: SearchChoices, context: PageContext) -> Field:
    schema = available.schemas.get(row.name, {})
    unit = QUERYABLES[row.name].unit if row.name in QUERYABLES and row.label is None else None
    label = context.t(row.label) if row.label else context.label(row.name)
    shown = unit_text(unit, context.language)
    found = Field(
        name=row.name,
        kind=row.kind,
        label=f"{label} [{shown}]" if shown else label,
        hint=context.t(row.hint) if row.hint else None,
        value=value,
    )
    if row.kind is Kind.CHOICE:
        found.choices = list(_choices(row, value, schema, available, context))
    elif row.kind in (Kind.RANGE, Kind.TIMES):
        found.low, found.high = _ends(value)
        least, largest = schema.get("minimum"), schema.get("maximum")
        if row.kind is Kind.RANGE:
            found.least, found.largest = (
                "" if end is None else context.number(float(f"{end:.3g}")) for end in (least, largest)
            )
    return found


def _ends(value: str) -> tuple[str, str]:
    """Both ends of a range; a single value is both.

    >>> _ends("../24"), _ends("12")
    (('', '24'), ('12', '12'))
    """
    low, slash, high = value.partition("/")
    ends = (low, high) if slash else (low, low)
    return ("" if ends[0] in OPEN else ends[0]), ("" if ends[1] in OPEN else ends[1])


def _choices(
    row: FieldRow, value: str, schema: Mapping[str, Any], available: SearchChoices, context: PageContext
) -> Iterator[Choice]:
    entries = list(_entries(row, schema, available, context))
    yield Choice("", context.t("search.any"), not value)
    if value and value not in {each for each, _ in entries}:
        yield Choice(value, value, is_chosen=True)
    for each, text in entries:
        yield Choice(each, text, each == value)


def _entries(
    row: FieldRow, schema: Mapping[str, Any], available: SearchChoices, context: PageContext
) -> Iterator[tuple[str, str]]:
    if row.name == COLLECTIONS:
        yield from available.collections
    elif schema.get("type") == "boolean":
        yield from (("true", context.t("search.yes")), ("false", context.t("search.no")))
    else:
        for value in schema.get("enum") or ():
            text = context.t(f"kind.{value}") if value in BY_PRODUCT_TYPE else str(context.domain(str(value)))
            yield str(value), text


def _sort(value: str, available: SearchChoices, context: PageContext) -> Field:
    known = [name for name in SORTS if name.lstrip("-") in available.schemas]
    choices = [Choice("" if name == SORTS[0] else name, _order(name, context), name == value) for name in known]
    if value and value not in known:
        choices.insert(0, Choice(value, value, is_chosen=True))
    return Field(name=SORT, kind=Kind.CHOICE, label=context.t("search.sort"), value=value, choices=choices)


def _order(name: str, context: PageContext) -> str:
    plain = name.lstrip("-")
    row = QUERYABLES[plain]
    words = ("oldest", "newest") if row.time else ("ascending", "descending")
    return context.t(f"search.{words[name.startswith('-')]}", name=context.label(plain))


def _limits(value: str, context: PageContext) -> Field:
    sizes = [str(size) for size in LIMITS]
    choices = [
        Choice("" if size == str(DEFAULT_LIMIT) else size, size, size == (value or str(DEFAULT_LIMIT)))
        for size in sizes
    ]
    if value and value not in sizes:
        choices.insert(0, Choice(value, value, is_chosen=True))
    return Field(name=LIMIT, kind=Kind.CHOICE, label=context.t("search.limit"), value=value, choices=choices)

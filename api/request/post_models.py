"""The bodies of the POST requests: stac-fastapi's models with the defaults, limits and readers of this service."""

# No postponed annotations here: pydantic reads them of classes that are composed elsewhere.
from typing import Annotated, Any, ClassVar, Final, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema, field_validator, model_validator
from stac_fastapi.extensions.filter.request import FilterLang
from stac_fastapi.types.search import BaseSearchPostRequest, Limit

from api.errors import InvalidParameter
from api.request.free_text import GRAMMAR
from api.request.geometries import bbox_geometry, check_crs, flat_boxes, geometry_schema, read_bbox, read_geometry
from api.request.json_values import check_depth
from api.request.portal_compatibility import SORTBY, normalise_body
from api.request.suggestions import describe_unknown
from api.request.times import Interval
from api.settings.limits import DEFAULT_LIMIT, MAX_LIMIT, Limits

IGNORED: Final = frozenset({"conf"})
"""Members of a body that clients of pgstac send, and that mean nothing here."""


class FilterPost(BaseModel):
    """`filter` of `POST /search`; pystac-client sends text here too."""

    filter_expr: dict[str, Any] | str | bool | None = Field(
        None,
        alias="filter",
        description="A CQL2 filter, as JSON or as text.",
        examples=[{"op": "<=", "args": [{"property": "insar:temporal_baseline"}, 24]}],
    )
    filter_crs: str | None = Field(None, alias="filter-crs", description="Only CRS84, the default, is supported.")
    filter_lang: FilterLang | None = Field(
        None,
        alias="filter-lang",
        description="How a text in `filter` is written: CQL2 text unless this says otherwise.",
    )


def _with_plain_area(body: dict[str, Any]) -> dict[str, Any]:
    """The body with its box as pgstac reads it rightly: with a width, and as a geometry across the antimeridian.

    pgstac 0.10.0 takes a box whose west is larger than its east for the one between them.
    """
    if body.get("bbox") is None:
        return body
    if body.get("intersects") is not None:
        raise InvalidParameter(parameter="bbox", reason="cannot be combined with intersects")
    bbox = read_bbox(body["bbox"])
    boxes = flat_boxes(bbox)
    if len(boxes) > 1:
        return {**body, "bbox": None, "intersects": bbox_geometry(bbox)}
    return {**body, "bbox": boxes[0]}


def _check_filter(body: dict[str, Any]) -> None:
    """Refuse what cannot be a filter."""
    expression, language = body.get("filter"), body.get("filter-lang")
    check_crs(body.get("filter-crs"), "filter-crs")
    if language not in (None, *get_args(FilterLang)):
        raise InvalidParameter(parameter="filter-lang", reason=f"expected one of {', '.join(get_args(FilterLang))}")
    if expression is not None and not isinstance(expression, dict | str | bool):
        raise InvalidParameter(parameter="filter", reason="expected text or a JSON object")


class QueryPost(BaseModel):
    """`query` of `POST /search`."""

    query: dict[str, dict[str, Any]] | None = Field(
        None,
        description="Conditions on properties: eq, neq, lt, lte, gt, gte, in, startsWith, endsWith, contains.",
        examples=[{"insar:temporal_baseline": {"lte": 24}}],
    )


class TextPost(BaseModel):
    """`q` of `POST /search`."""

    q: str | list[str] | None = Field(
        None,
        description="Words that items, or the id, title or keywords of their collection, have; of a list one member. "
        f"{GRAMMAR}",
        examples=[["interferograms balkans", "D080"]],
    )


class ItemsPost(BaseSearchPostRequest):
    """Which items: what bodies that ask for them have in common."""

    limits: ClassVar[Limits] = Limits()
    meaningless: ClassVar[frozenset[str]] = frozenset()
    """Fields of stac-fastapi's model that the body does not have."""

    # stac-pydantic's models of geometries report what is wrong against all seven kinds at once, and take their time
    intersects: Annotated[dict[str, Any], WithJsonSchema(geometry_schema())] | None = Field(  # type: ignore[assignment]
        None, description="A GeoJSON geometry; items whose footprint meets it. Cannot be combined with `bbox`."
    )

    @model_validator(mode="before")
    @classmethod
    def _only_objects(cls, value: Any) -> Any:
        """stac-pydantic 3.7.1 looks for members in any JSON value."""
        if not isinstance(value, dict):
            msg = "expected a JSON object"
            raise ValueError(msg)  # noqa: TRY004 -- pydantic turns only this one into a refusal
        _check_members(value, cls)
        body = normalise_body(value)
        _check_filter(body)
        return _with_plain_area(body)

    @field_validator("collections", mode="before")
    @classmethod
    def _one_of_them(cls, value: Any) -> Any:
        """One collection may stand without its list; stac-api-validator sends it so."""
        return [value] if isinstance(value, str) else value

    @field_validator("ids")
    @classmethod
    def _no_empty_id(cls, value: list[str] | None) -> list[str] | None:
        if value and "" in value:
            raise InvalidParameter(parameter="ids", reason="an id is empty")
        return value

    @field_validator("intersects", mode="before")
    @classmethod
    def _valid_geometry(cls, value: Any) -> Any:
        return None if value is None else read_geometry(value, max_vertices=cls.limits.max_vertices)

    @field_validator("datetime", mode="before")
    @classmethod
    def _plain_datetime(cls, value: Any) -> Any:
        """In the one form that every part behind reads alike."""
        return str(Interval.parse(value, strict=cls.limits.strict_times)) if isinstance(value, str) else value


_MEMBERS: Final = {"fields": ("include", "exclude"), **dict.fromkeys(("sortby", SORTBY), ("field", "direction"))}
"""Members of members, of which others would be read past."""


def _check_members(body: dict[str, Any], model: type[ItemsPost]) -> None:
    """Refuse what a body cannot have: members of other names, and values nested too deeply."""
    known = {field.alias or name for name, field in model.model_fields.items() if name not in model.meaningless}
    for name, member in body.items():
        if name not in known and name not in IGNORED:
            raise InvalidParameter(parameter=name, reason=describe_unknown(name, sorted(known), "member"))
        check_depth(name, member)
        for part in member if isinstance(member, list) else [member]:
            for inner in part if isinstance(part, dict) and name in _MEMBERS else ():
                if inner not in _MEMBERS[name]:
                    raise InvalidParameter(parameter=name, reason=describe_unknown(inner, _MEMBERS[name], "member"))


class SearchPost(ItemsPost):
    """Body of `POST /search`; also what the GET requests are turned into."""

    limit: Limit | None = Field(
        DEFAULT_LIMIT,
        description=f"Items on a page; a number above {MAX_LIMIT} is served as {MAX_LIMIT}.",
        validate_default=True,
    )
    token: str | None = None
    page: Annotated[int, Field(ge=1)] | None = Field(
        None, description="Number of the page, from 1 on, with `limit` items on each. Cannot be combined with `token`."
    )
    sort_by: list[dict[str, str]] | None = Field(
        None, alias=SORTBY, description="The same as `sortby`; the direction `dsc` is `desc`. Portals write it so."
    )

    @model_validator(mode="after")
    def _reachable_page(self) -> Self:
        """Numbers of pages count items, which takes the longer the more there are."""
        if self.page is None:
            return self
        if self.token:
            raise InvalidParameter(
                parameter="page", reason="cannot be combined with token, which identifies a page itself"
            )
        if self.offset > self.limits.max_offset:
            reason = (
                f"begins after {self.offset} items, and numbers of pages reach to {self.limits.max_offset}; "
                "ask for less, or follow the links `next`"
            )
            raise InvalidParameter(parameter="page", reason=reason)
        return self

    @property
    def offset(self) -> int:
        """Items before the page."""
        return ((self.page or 1) - 1) * (self.limit or DEFAULT_LIMIT)

    @field_validator("limit", "page", mode="before")
    @classmethod
    def _number(cls, value: Any) -> Any:
        """To pydantic true is a number."""
        return str(value) if isinstance(value, bool) else value

    @field_validator("limit", mode="before")
    @classmethod
    def _null_is_default(cls, value: Any) -> Any:
        """GEODES's clients send `null` for everything they do not set."""
        return DEFAULT_LIMIT if value is None else value

    @field_validator("limit")
    @classmethod
    def _at_most(cls, value: int) -> int:
        return min(value, cls.limits.max_limit)


def _without_limit(schema: dict[str, Any]) -> None:
    schema["properties"].pop("limit", None)


class AggregatePost(ItemsPost):
    """Body of `POST /aggregate`; also what the GET requests are turned into. Counts have no pages, order or fields."""

    model_config = ConfigDict(json_schema_extra=_without_limit)

    meaningless: ClassVar[frozenset[str]] = frozenset({"limit"})
    sortby: ClassVar[None] = None
    fields: ClassVar[None] = None
    token: ClassVar[None] = None
    offset: ClassVar[int] = 0

    aggregations: list[str] | None = Field(
        None,
        description="Names of aggregations; `/aggregations` lists those available.",
        examples=[["total_count", "track_frequency"]],
    )

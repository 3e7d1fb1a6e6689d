"""Defects of the libraries that the service works round. A test that fails here tells that a detour can go."""

from __future__ import annotations

import pytest
from pydantic import BaseModel
from stac_fastapi.extensions.filter.request import FilterExtensionPostRequest
from stac_fastapi.extensions.sort import SortConformanceClasses
from stac_fastapi.pgstac.core import clean_search_args
from stac_fastapi.types.conformance import STACConformanceClasses
from stac_fastapi.types.search import BaseSearchGetRequest, BaseSearchPostRequest
from starlette.responses import FileResponse, MalformedRangeHeader, RangeNotSatisfiable


def test_sort_is_still_declared_in_one_version() -> None:
    """`api.stac.extensions.ADDITIONAL_CONFORMANCE`."""
    assert not [uri for uri in SortConformanceClasses if "v1.0.0" in uri]
    assert not [uri for uri in STACConformanceClasses if "sort" in uri]


def test_broken_json_still_raises_what_nobody_handles() -> None:
    """`api.request.json_values.json_object`."""
    with pytest.raises(ValueError, match="unexpected"):
        clean_search_args({}, intersects="{bro")


def test_an_empty_name_of_a_field_still_fails() -> None:
    """`api.request.get_models._names`."""
    with pytest.raises(IndexError):
        clean_search_args({}, fields=["a", ""])


def test_a_body_that_is_no_object_still_fails() -> None:
    """`api.request.get_models.SearchPost._only_objects`."""
    model: type[BaseModel] = BaseSearchPostRequest
    with pytest.raises(AttributeError):
        model.model_validate([1])


def test_the_default_limit_is_still_ten() -> None:
    """`api.request.get_models`: ours is 100."""
    assert BaseSearchGetRequest().limit == 10


def test_text_in_a_posted_filter_is_still_refused() -> None:
    """`api.request.get_models.FilterPost`."""
    with pytest.raises(ValueError, match="dict"):
        FilterExtensionPostRequest.model_validate({"filter": "id = 5"})


def test_starlette_still_reads_ranges_too_strictly() -> None:
    """`api.http.ranges`."""
    with pytest.raises(MalformedRangeHeader):
        FileResponse._parse_range_header("lines=0-1", 100)
    with pytest.raises(RangeNotSatisfiable):
        FileResponse._parse_range_header("bytes=0-1,200-300", 100)

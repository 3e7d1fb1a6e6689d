"""The `flatsim:*` properties: on which kinds of item each stands, and where its value is from.

One row each. Their words, types and limits are those of the rows of `queryables`, for all of them can be searched.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from catalog_builder.vocab.kinds import AUXILIARYDATA, INTERFEROGRAM, KINDS, TIMESERIES, Kind
from catalog_builder.vocab.queryables import BY_NAME, Queryable

PREFIX: Final = "flatsim:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Property:
    """One property of items that no community extension has."""

    name: str
    kinds: tuple[Kind, ...]
    source: str
    always: bool = False
    """Whether every item of these kinds has it."""

    @property
    def words(self) -> Queryable:
        """Title, description, type and limits."""
        return BY_NAME[self.name]


_KEPT: Final = "`RMSinterfero.txt`, else `Stk-In_list_InU`"
_NETWORKS: Final = (TIMESERIES, AUXILIARYDATA)

PROPERTIES: Final = (
    Property(name="flatsim:region", kinds=KINDS, source="package name", always=True),
    Property(name="flatsim:track", kinds=KINDS, source="package name", always=True),
    Property(name="flatsim:campaign", kinds=KINDS, source="package name", always=True),
    Property(name="flatsim:run", kinds=KINDS, source="package name"),
    Property(name="flatsim:coherence_mean", kinds=(INTERFEROGRAM,), source="`Coh` in ground geometry"),
    Property(name="flatsim:unwrapped_fraction", kinds=(INTERFEROGRAM,), source="`list_unw_frac.txt`"),
    Property(name="flatsim:used_in_timeseries", kinds=(INTERFEROGRAM,), source=_KEPT),
    Property(name="flatsim:rms", kinds=(INTERFEROGRAM,), source="`RMSinterfero.txt`"),
    Property(name="flatsim:corrections", kinds=(INTERFEROGRAM,), source="tokens of file names", always=True),
    Property(name="flatsim:n_dates", kinds=_NETWORKS, source="`RMSdate.txt`, `baseline.rsc`"),
    Property(name="flatsim:n_interferograms", kinds=_NETWORKS, source="`RMSinterfero.txt`, `interf_pair.rsc`"),
    Property(name="flatsim:max_gap_days", kinds=(TIMESERIES,), source="`RMSdate.txt`"),
    Property(name="flatsim:network_connected", kinds=(TIMESERIES,), source="`RMSdate.txt`, `RMSinterfero.txt`"),
    Property(name="flatsim:footprint_source", kinds=KINDS, source="the builder", always=True),
    Property(name="flatsim:time_is_nominal", kinds=KINDS, source="the builder", always=True),
    Property(name="flatsim:warnings", kinds=KINDS, source="the builder, asked to be lenient"),
)

"""CQL2 filters as SQL.

The text is made of templates and of the expressions through which pgstac reads its properties, so that its indexes
serve; every value of a request is bound. The meanings are those of the standard, also where pgstac 0.10.0 has others:
`docs/decisions/0010-searches.md` lists them.
"""

from api.search.compile.filters.conditions import condition
from api.search.compile.filters.operands import Scope
from api.search.compile.filters.spatial import meets

__all__ = ["Scope", "condition", "meets"]

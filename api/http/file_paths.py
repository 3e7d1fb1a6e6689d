"""Which requests are for files of products."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from starlette.types import Scope

_files: Final = re.compile("/(data|thumbnails)/")


def is_file(scope: Scope) -> bool:
    """Whether a product's file is asked for: it has ranges, validators and a HEAD of its own."""
    return bool(_files.match(scope["path"].removeprefix(scope.get("root_path", ""))))

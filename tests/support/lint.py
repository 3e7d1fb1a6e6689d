"""Prints what stac-check says of the document in a file: whether it is valid, the error, the advice."""

import json
import sys
from pathlib import Path

from stac_check.lint import Linter

found = Linter(json.loads(Path(sys.argv[1]).read_text()), assets=False, links=False)
sys.stdout.write(
    json.dumps([found.valid_stac, found.error_msg, [line for line in found.best_practices_msg[1:] if line]])
)

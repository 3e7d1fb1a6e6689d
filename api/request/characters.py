"""Characters that no text in the database can have."""

from __future__ import annotations

from api.errors import InvalidParameter


def check_text(parameter: str, text: str) -> None:
    """Refuse characters that PostgreSQL's text cannot have.

    Raises:
        InvalidParameter: NUL, or half of a character of UTF-16.
    """
    if "\0" in text:
        raise InvalidParameter(parameter=parameter.replace("\0", "␀"), reason="has a NUL character")
    try:
        text.encode()
    except UnicodeEncodeError:
        shown = parameter.encode("ascii", "backslashreplace").decode()
        raise InvalidParameter(parameter=shown, reason="has an unpaired surrogate, which is not a character") from None

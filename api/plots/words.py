"""Words of the plots in English and French."""

from __future__ import annotations

from typing import Final, Literal

Language = Literal["en", "fr"]

_WORDS: Final[dict[str, tuple[str, str]]] = {
    "network": ("Interferogram network", "Réseau d'interférogrammes"),
    "network_of": ("Interferogram network of {0}", "Réseau d'interférogrammes : {0}"),
    "network_described": (
        "{0} acquisition dates by perpendicular baseline, linked by {1} interferograms.",
        "{0} dates d'acquisition selon la base perpendiculaire, reliées par {1} interférogrammes.",
    ),
    "perpendicular_m": ("Perpendicular baseline (m)", "Base perpendiculaire (m)"),
    "coherence": ("Mean coherence", "Cohérence moyenne"),
    "temporal_d": ("Temporal baseline (days)", "Base temporelle (jours)"),
    "used": ("in the inversion", "dans l'inversion"),
    "not_used": ("left out of it", "hors inversion"),
    "unknown": ("not known", "non connue"),
    "date": ("acquisition", "acquisition"),
    "apart": ("not linked to the rest", "sans lien avec le reste"),
    "gap": ("gap in acquisitions", "lacune d'acquisition"),
    "break": ("spanned by no pair", "qu'aucune paire ne franchit"),
    "no_pairs": (
        "No interferogram of this series is in the catalogue.",
        "Aucun interférogramme de cette série n'est au catalogue.",
    ),
    "no_baselines": ("baselines not known", "bases non connues"),
    "cut": ("The first {0} pairs are shown.", "Les {0} premières paires sont montrées."),
    "days": ("{0} days", "{0} jours"),
    "day": ("{0} day", "{0} jour"),
    "coherence_of": ("coherence {0}", "cohérence {0}"),
    "left_out": ("not used in the time series", "non utilisée dans la série temporelle"),
    "coverage": ("Coverage", "Couverture"),
    "coverage_of": ("Coverage of {0}", "Couverture : {0}"),
    "tracks": ("{0} track segments", "{0} segments de trace"),
    "one_track": ("{0} track segment", "{0} segment de trace"),
    "coverage_described": (
        "Outlines of {0} track segments, ascending and descending.",
        "Contours de {0} segments de trace, ascendants et descendants.",
    ),
    "ascending": ("ascending", "ascendante"),
    "descending": ("descending", "descendante"),
    "track": ("Track segment {0}", "Segment de trace {0}"),
    "pairs": ("{0} pairs", "{0} paires"),
    "pair": ("{0} pair", "{0} paire"),
    "series": ("{0} series", "{0} séries"),
    "one_series": ("{0} series", "{0} série"),
    "items": ("{0} items", "{0} objets"),
    "item": ("{0} item", "{0} objet"),
    "no_tracks": ("No track segment is in this catalogue yet.", "Aucun segment de trace au catalogue."),
    "acquisitions": ("Acquisitions", "Acquisitions"),
    "acquisitions_of": ("Acquisitions of {0}", "Acquisitions : {0}"),
    "acquisitions_described": (
        "Acquisition dates of {0} track segments as ticks along time.",
        "Dates d'acquisition de {0} segments de trace, en traits le long du temps.",
    ),
    "dates": ("{0} dates", "{0} dates"),
    "one_date": ("{0} date", "{0} date"),
    "all": ("the whole catalogue", "tout le catalogue"),
    "natural_earth": ("Land: Natural Earth", "Terres : Natural Earth"),
}


def say(key: str, language: Language, *values: object) -> str:
    """A text in a language, with values put in.

    >>> say("days", "fr", 12)
    '12 jours'
    """
    return _WORDS[key][language == "fr"].format(*values)


def count(key: str, language: Language, number: int) -> str:
    """A number of things, in the singular where it is one (in French also where it is none).

    >>> count("days", "en", 1), count("days", "fr", 0), count("days", "en", 0)
    ('1 day', '0 jour', '0 days')
    """
    is_one = number == 1 or (language == "fr" and number == 0)
    return say(_SINGULAR[key] if is_one else key, language, grouped(number, language))


_SINGULAR: Final = {
    "days": "day", "pairs": "pair", "items": "item", "dates": "one_date", "series": "one_series", "tracks": "one_track",
}  # fmt: skip


def grouped(number: int, language: Language) -> str:
    """A number with a thin space between thousands.

    >>> grouped(20000, "en") == "20\\u202f000"
    True
    """
    del language  # both languages group alike, as ISO 80000 has it
    return f"{number:_}".replace("_", "\u202f") if abs(number) >= 10_000 else str(number)  # noqa: PLR2004


def decimal(number: float, digits: int, language: Language) -> str:
    """A number with so many decimals and a real minus; with a comma in French.

    >>> decimal(-34.26, 0, "en"), decimal(0.714, 2, "fr"), decimal(-0.2, 0, "en")
    ('−34', '0,71', '0')
    """  # noqa: RUF002 -- a minus is meant
    text = f"{round(number, digits) + 0.0:.{digits}f}".replace("-", "\u2212")
    return text.replace(".", ",") if language == "fr" else text

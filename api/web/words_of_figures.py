"""Words in figures, and what they are in words: key, English, French; `{n}` with the form for one after `|`."""

from __future__ import annotations

from typing import Final

OF_FIGURES: Final = (
    ("figure.network", "Interferogram network of {title}", "Réseau d'interférogrammes : {title}"),
    ("figure.network.described",
     "{dates} acquisition dates by perpendicular baseline, linked by {pairs} interferograms.",
     "{dates} dates d'acquisition selon la base perpendiculaire, reliées par {pairs} interférogrammes."),
    ("figure.perpendicular", "Perpendicular baseline (m)", "Base perpendiculaire (m)"),
    ("figure.coherence", "Mean coherence", "Cohérence moyenne"),
    ("figure.temporal_baseline", "Temporal baseline (days)", "Base temporelle (jours)"),
    ("figure.used", "in the inversion", "dans l'inversion"),
    ("figure.not_used", "left out of it", "hors inversion"),
    ("figure.unknown", "not known", "non connue"),
    ("figure.apart", "not linked to the rest", "sans lien avec le reste"),
    ("figure.gap", "gap in acquisitions", "lacune d'acquisition"),
    ("figure.break", "spanned by no pair", "qu'aucune paire ne franchit"),
    ("figure.no_pairs", "No interferogram of this series is in the catalogue.",
     "Aucun interférogramme de cette série n'est au catalogue."),
    ("figure.no_baselines", "baselines not known", "bases non connues"),
    ("figure.cut", "The first {n} pairs are shown.", "Les {n} premières paires sont montrées."),
    ("figure.days", "{n} days|{n} day", "{n} jours|{n} jour"),
    ("figure.coherence_of", "coherence {value}", "cohérence {value}"),
    ("figure.left_out", "not used in the time series", "non utilisée dans la série temporelle"),
    ("figure.coverage", "Coverage of {title}", "Couverture : {title}"),
    ("figure.coverage.described", "Outlines of {n} track segments, ascending and descending.",
     "Contours de {n} segments de trace, ascendants et descendants."),
    ("figure.acquisitions", "Acquisitions of {title}", "Acquisitions : {title}"),
    ("figure.acquisitions.described", "Acquisition dates of {n} track segments as ticks along time.",
     "Dates d'acquisition de {n} segments de trace, en traits le long du temps."),
    ("figure.ascending", "ascending", "ascendante"),
    ("figure.descending", "descending", "descendante"),
    ("figure.track", "Track segment {name}", "Segment de trace {name}"),
    ("figure.tracks", "{n} track segments|{n} track segment", "{n} segments de trace|{n} segment de trace"),
    ("figure.pairs", "{n} pairs|{n} pair", "{n} paires|{n} paire"),
    ("figure.series", "{n} series", "{n} séries|{n} série"),
    ("figure.items", "{n} items|{n} item", "{n} éléments|{n} élément"),
    ("figure.dates", "{n} dates|{n} date", "{n} dates|{n} date"),
    ("figure.no_tracks", "No track segment is in this catalogue yet.", "Aucun segment de trace au catalogue."),
    ("figure.natural_earth", "Land: Natural Earth", "Terres : Natural Earth"),
)  # fmt: skip

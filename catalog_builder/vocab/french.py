"""The words of the vocabulary in French: titles of properties by name, all other texts by their English."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from catalog_builder.vocab.collections import CONVENTIONS, ROOT_DESCRIPTION, ROOT_TITLE, SYNTHETIC_NOTE
from catalog_builder.vocab.kinds import AUXILIARYDATA, INTERFEROGRAM, KINDS, TIMESERIES
from catalog_builder.vocab.regions import BY_CODE

if TYPE_CHECKING:
    from collections.abc import Mapping

TITLES: Final[Mapping[str, str]] = {
    "id": "Identifiant de l'élément",
    "collection": "Identifiant de la collection",
    "geometry": "Emprise",
    "datetime": "Date nominale",
    "start_datetime": "Première acquisition",
    "end_datetime": "Dernière acquisition",
    "product:type": "Type de produit",
    "identifier": "Nom du paquet",
    "title": "Titre",
    "grid:code": "Code de la région",
    "flatsim:region": "Région",
    "flatsim:track": "Segment de trace",
    "flatsim:campaign": "Campagne",
    "flatsim:run": "Passe de traitement",
    "constellation": "Constellation",
    "platform": "Satellite",
    "instrument": "Instrument",
    "instruments": "Instruments",
    "sat:orbit_state": "Sens de l'orbite",
    "sat:relative_orbit": "Orbite relative (trace)",
    "sar:instrument_mode": "Mode d'acquisition",
    "sar:frequency_band": "Bande de fréquence",
    "sar:polarizations": "Polarisations",
    "sar:beam_ids": "Sous-fauchées",
    "view:incidence_angle": "Angle d'incidence",
    "view:azimuth": "Azimut de visée",
    "insar:reference_datetime": "Acquisition de référence",
    "insar:secondary_datetime": "Acquisition secondaire",
    "insar:temporal_baseline": "Base temporelle",
    "insar:perpendicular_baseline": "Base perpendiculaire",
    "insar:height_of_ambiguity": "Altitude d'ambiguïté",
    "insar:processing_dem": "Modèle numérique de terrain du traitement",
    "insar:geocoding_dem": "Modèle numérique de terrain du géocodage",
    "flatsim:coherence_mean": "Cohérence moyenne",
    "flatsim:unwrapped_fraction": "Fraction déroulée",
    "flatsim:used_in_timeseries": "Utilisé dans la série temporelle",
    "flatsim:rms": "Erreur de fermeture de la paire",
    "flatsim:n_dates": "Nombre de dates",
    "flatsim:n_interferograms": "Nombre d'interférogrammes",
    "flatsim:max_gap_days": "Plus longue lacune",
    "flatsim:network_connected": "Réseau d'un seul tenant",
    "flatsim:corrections": "Corrections",
    "flatsim:time_is_nominal": "Heure nominale",
    "flatsim:footprint_source": "Source de l'emprise",
    "flatsim:warnings": "Avertissements",
    "processing:level": "Niveau de traitement",
    "processing:facility": "Centre de traitement",
    "processing:datetime": "Date du traitement",
    "version": "Version",
    "created": "Créé le",
    "updated": "Mis à jour le",
    "published": "Publié le",
}
"""Titles of the rows of `queryables`."""

FRENCH: Final[Mapping[str, str]] = {
    # Kinds of package.
    "FLATSIM Sentinel-1 interferograms": "interférogrammes Sentinel-1 FLATSIM",
    "FLATSIM Sentinel-1 displacement time series": "séries temporelles de déplacement Sentinel-1 FLATSIM",
    "FLATSIM auxiliary data": "données auxiliaires FLATSIM",
    "interferogram": "interférogramme",
    "line-of-sight displacement time series": "série temporelle de déplacement en ligne de visée",
    "auxiliary data": "données auxiliaires",
    # Descriptions.
    ROOT_TITLE: "FLATSIM : produits InSAR Sentinel-1",
    ROOT_DESCRIPTION:
        "La déformation du sol vue par interférométrie radar Sentinel-1 : les produits de FLATSIM, le service ForM@Ter "
        "d'interférométrie Sentinel-1 multitemporelle à grande échelle du CNES. Trois collections par région : "
        "interférogrammes, séries temporelles et données auxiliaires.",
    SYNTHETIC_NOTE:
        "**Données d'exemple SYNTHÉTIQUES** : produites par un modèle physique simple pour montrer et tester le "
        "logiciel. Pas une mesure.",
    CONVENTIONS:
        "Les bases perpendiculaires et temporelles sont celles de l'acquisition secondaire moins celles de "
        "l'acquisition de référence, en mètres et en jours. La phase est positive en s'éloignant du satellite ; 0 est "
        "la valeur de remplissage de tous les rasters. Les fichiers en géométrie radar n'ont pas de système de "
        "coordonnées ; les tables de correspondance des données auxiliaires les placent sur le sol.",
    INTERFEROGRAM.description:
        "Interférogrammes différentiels Sentinel-1 calculés par le service FLATSIM avec la chaîne NSBAS : phase "
        "enroulée, filtrée et déroulée, écran de phase atmosphérique et cohérence spatiale, en géométrie radar et en "
        "géométrie sol. Un élément est une paire de dates d'un segment de trace.",
    TIMESERIES.description:
        "Séries temporelles de déplacement en ligne de visée, inversées par le service FLATSIM à partir de son réseau "
        "d'interférogrammes : le délai de phase cumulé à chaque date, la vitesse moyenne et la qualité de l'inversion. "
        "Un élément est un segment de trace et une campagne ; son `datetime` est la dernière acquisition.",
    AUXILIARYDATA.description:
        "Ce qu'il faut pour utiliser les interférogrammes et séries temporelles FLATSIM : vecteurs de visée, tables de "
        "correspondance entre géométries radar et sol, altitude en géométrie radar, cohérence temporelle, bases, "
        "paramètres de traitement et figures. Un élément est un segment de trace et une campagne ; son `datetime` est "
        "la dernière acquisition.",
    BY_CODE["BALKANS"].description:
        "Les Balkans comptent parmi les régions les plus sismiques d'Europe : la collection sert à l'étude des failles "
        "actives et des séismes, et des mouvements du sol dus à l'extraction de ressources, à l'eau et au climat.",
    # Links.
    "FLATSIM Data Products (dataset DOI)": "Produits FLATSIM (DOI du jeu de données)",
    "DataCite record": "Notice DataCite",
    "Product description": "Description des produits",
    "Interferograms inverted to make this time series": "Interférogrammes inversés pour cette série temporelle",
    # Regions.
    "Central Andes": "Andes centrales",
    "Caucasus": "Caucase",
    "Central Chile": "Chili central",
    "Corsica": "Corse",
    "Joshimath, India": "Joshimath, Inde",
    "Southern Mexico": "Sud du Mexique",
    "Himalaya and western Tibet": "Himalaya et Tibet occidental",
    "Turkey": "Turquie",
    # Values of properties.
    "ascending": "ascendante",
    "descending": "descendante",
    "spectral_diversity": "diversité spectrale",
    "era5": "délai stratifié ERA5",
    # Products.
    "Wrapped interferogram": "Interférogramme enroulé",
    "Filtered wrapped interferogram": "Interférogramme enroulé filtré",
    "Unwrapped interferogram": "Interférogramme déroulé",
    "Atmospheric phase screen": "Écran de phase atmosphérique",
    "Spatial coherence": "Cohérence spatiale",
    "Line-of-sight displacement time series, one band per date":
        "Série temporelle de déplacement en ligne de visée, une bande par date",
    "Mean line-of-sight velocity": "Vitesse moyenne en ligne de visée",
    "Network misclosure and quality of the inversion": "Erreur de fermeture du réseau et qualité de l'inversion",
    "Line-of-sight unit vector (east, north, up)": "Vecteur unitaire de visée (est, nord, haut)",
    "Line-of-sight unit vector (north, east, up)": "Vecteur unitaire de visée (nord, est, haut)",
    "Lookup table": "Table de correspondance",
    "Elevation": "Altitude",
    "Temporal coherence": "Cohérence temporelle",
    "ground geometry": "géométrie sol",
    "radar geometry": "géométrie radar",
    # Files beside the rasters.
    "Preview": "Aperçu",
    "Package as one zip archive": "Paquet en une archive zip",
    "Acquisition dates in band order, with RMS [rad]": "Dates d'acquisition dans l'ordre des bandes, avec RMS [rad]",
    "Date pairs kept in the inversion, with RMS [rad]": "Paires de dates retenues dans l'inversion, avec RMS [rad]",
    "Dates and perpendicular baselines [m]": "Dates et bases perpendiculaires [m]",
    "Perpendicular baselines at the top and the bottom of the image [m]":
        "Bases perpendiculaires en haut et en bas de l'image [m]",
    "Dates and baselines of one sub-swath": "Dates et bases d'une sous-fauchée",
    "All computed date pairs": "Toutes les paires de dates calculées",
    "Unwrapped fraction of each pair": "Fraction déroulée de chaque paire",
    "NSBAS processing parameters": "Paramètres de traitement NSBAS",
    "Parameters of the time-series reader": "Paramètres de lecture de la série temporelle",
    "Wrapped interferograms of the stack": "Interférogrammes enroulés de la pile",
    "Unwrapped interferograms of the stack": "Interférogrammes déroulés de la pile",
    "Correction inverted for each image": "Correction inversée pour chaque image",
    "Correction estimated for each interferogram": "Correction estimée pour chaque interférogramme",
    "Success of the coregistration": "Succès de la coregistration",
    "Selected bursts in time and latitude": "Bursts sélectionnés en temps et en latitude",
    "Figure of a correction or quality list": "Figure d'une liste de correction ou de qualité",
    "RMS of each pixel [rad], flat float32": "RMS de chaque pixel [rad], float32 brut",
    "Header of the RMS of each pixel": "En-tête du RMS de chaque pixel",
}  # fmt: skip
"""Titles of kinds, regions, products and files, and values, by their English; names that are the same have no entry."""

_BEFORE: Final = {
    "Thumbnail of ": "Vignette : ",
    "Preview of ": "Aperçu : ",
    "Legend of ": "Légende : ",
    "Producer's metadata of ": "Métadonnées du producteur : ",
}
_TITLE: Final = re.compile(
    r"(?P<before>Thumbnail of |Preview of |Legend of |Producer's metadata of |)(?P<product>.+?)"
    r"(?:, (?P<geometry>ground geometry|radar geometry))?(?:, (?P<looks>\d+) looks)?",
    re.DOTALL,
)


def file_title(title: str) -> str:
    """Title of a file of an item, as far as its parts are known.

    >>> file_title("Preview of Spatial coherence, radar geometry, 2 looks")
    'Aperçu : Cohérence spatiale, géométrie radar, 2 vues'
    """
    found = _TITLE.fullmatch(title)
    if found is None or found["product"] not in FRENCH:
        return title
    parts = [FRENCH[found["product"]]]
    parts += [FRENCH[found["geometry"]]] if found["geometry"] else []
    parts += [f"{found['looks']} vues"] if found["looks"] else []
    return _BEFORE.get(found["before"], "") + ", ".join(parts)


def item_title(title: str) -> str:
    """Title of an item, with the words for its kind.

    >>> item_title("FLATSIM Balkans D080SUD auxiliary data 2015-10-18 / 2016-10-24")
    'FLATSIM Balkans D080SUD données auxiliaires 2015-10-18 / 2016-10-24'
    """
    for kind in KINDS:
        title = title.replace(f" {kind.item_title} ", f" {FRENCH[kind.item_title]} ", 1)
    return title


_OF: Final = re.compile(r"(?P<what>.+) of (?P<where>\w[\w ,]*?)(?P<kept> kept in the inversion \(search\))?", re.DOTALL)


def link_title(title: str) -> str:
    """Title of a link between documents, as far as its words are known.

    >>> link_title("Auxiliary data of D080SUD"), link_title("Interferograms of D080SUD kept in the inversion (search)")
    ('Données auxiliaires : D080SUD', "Interférogrammes : D080SUD, retenus dans l'inversion (recherche)")
    """
    found = None if title in FRENCH else _OF.fullmatch(title)
    what = found["what"].lower() if found else ""
    plural = what.removesuffix("s")
    if found is None or not (what in FRENCH or plural in FRENCH):
        return collection_title(title)
    words = FRENCH[what] if what in FRENCH else f"{FRENCH[plural]}s"
    where = FRENCH.get(found["where"], found["where"])
    kept = ", retenus dans l'inversion (recherche)" if found["kept"] else ""
    return f"{words[:1].upper()}{words[1:]} : {where}{kept}"


def collection_title(title: str) -> str:
    """Title of a collection, region and kind, or of the catalogue.

    >>> collection_title("Corsica: FLATSIM auxiliary data")
    'Corse : données auxiliaires FLATSIM'
    """
    if title in FRENCH:
        return FRENCH[title]
    region, colon, kind = title.partition(": ")
    return f"{FRENCH.get(region, region)} : {FRENCH[kind]}" if colon and kind in FRENCH else title


def title_words() -> dict[str, Any]:
    """What titles are made of, for a program that puts them together itself, as the functions above do it."""
    return {"words": FRENCH, "before": _BEFORE, "kinds": [kind.item_title for kind in KINDS]}

"""Texts of the pages, in each language. Words of the domain are in `catalog_builder.vocab`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from api.http.page_negotiation import Language
from api.web.typography import typeset
from api.web.words_of_figures import OF_FIGURES
from api.web.words_of_items import OF_ITEMS
from api.web.words_of_plots import OF_PLOTS
from api.web.words_of_searches import OF_SEARCHES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True, slots=True)
class Word:
    """One text.

    Attributes:
        key: As templates name it.
        english: With `{name}` where a value comes in; after `|` the form for one, where `n` comes in.
        french: The same.
    """

    key: str
    english: str
    french: str

    def text(self, language: Language, values: Mapping[str, Any], *, is_one: bool) -> str:
        """The text in a language."""
        many, _, one = (self.english if language is Language.ENGLISH else typeset(self.french)).partition("|")
        return (one if one and is_one else many).format(**values)


WORDS: Final = tuple(
    Word(*row)
    for row in (
        ("colon", ":", " :"),
        # Head and foot.
        ("skip", "Skip to the content", "Aller au contenu"),
        ("nav.main", "Main", "Principale"),
        ("nav.where", "You are here", "Vous êtes ici"),
        ("nav.catalogue", "Catalogue", "Catalogue"),
        ("nav.collections", "Collections", "Collections"),
        ("nav.search", "Search", "Recherche"),
        ("nav.browser", "STAC Browser", "STAC Browser"),
        ("nav.api", "API", "API"),
        ("nav.other_language", "Français", "English"),
        ("foot.json", "This page as JSON", "Cette page en JSON"),
        ("foot.browser", "In STAC Browser", "Dans STAC Browser"),
        ("foot.software", "FLATSIM STAC {version}", "FLATSIM STAC {version}"),
        # Landing page.
        ("landing.regions", "Regions and collections", "Régions et collections"),
        ("landing.regions.lead",
         "Each region has three collections: interferograms, time series and auxiliary data.",
         "Chaque région a trois collections : interférogrammes, séries temporelles et données auxiliaires."),
        ("landing.other", "Other collections", "Autres collections"),
        ("landing.find", "Find products", "Trouver des produits"),
        ("landing.more", "All search options", "Tous les critères de recherche"),
        ("landing.map", "Where the tracks lie", "Emplacement des traces"),
        ("landing.map.alt", "Map of the {tracks} track segments by orbit direction, over land and sea",
         "Carte des {tracks} segments de trace par sens d'orbite, sur terre et mer"),
        ("figure.more", "The picture leads to a page with the same as a table.",
         "L'image mène à une page avec la même chose en tableau."),
        ("collection.coverage", "Where and when", "Où et quand"),
        ("collection.coverage.alt", "Map of the track segments of the collection: {tracks}",
         "Carte des segments de trace de la collection : {tracks}"),
        ("collection.acquisitions.alt", "Acquisition dates of each track segment, as ticks on a line of time",
         "Dates d'acquisition de chaque segment de trace, en traits sur une ligne de temps"),
        ("landing.none", "There are no collections yet.", "Il n'y a pas encore de collection."),
        ("landing.cite", "Cite and reuse", "Citer et réutiliser"),
        # Collections.
        ("collections.title", "Collections", "Collections"),
        ("collections.shown", "{n} collections|1 collection", "{n} collections|1 collection"),
        ("collections.none", "No collection matches.", "Aucune collection ne correspond."),
        ("region", "Region", "Région"),
        ("kind.INTERFEROGRAM", "interferograms", "interférogrammes"),
        ("kind.TIMESERIES", "time series", "séries temporelles"),
        ("kind.AUXILIARYDATA", "auxiliary data", "données auxiliaires"),
        ("collection", "Collection", "Collection"),
        ("tracks", "Tracks", "Traces"),
        ("period", "Period", "Période"),
        ("period.open", "{start} to today", "du {start} à aujourd'hui"),
        ("period.closed", "{start} to {end}", "du {start} au {end}"),
        ("collection.browse", "All items", "Tous les éléments"),
        ("collection.facts", "At a glance", "En bref"),
        ("collection.values", "What the items hold", "Contenu des éléments"),
        ("collection.box", "Extent", "Emprise"),
        ("collection.providers", "Providers", "Fournisseurs"),
        ("collection.keywords", "Keywords", "Mots-clés"),
        ("collection.licence", "Licence", "Licence"),
        ("collection.doi", "DOI", "DOI"),
        ("collection.citation", "Citation", "Citation"),
        ("collection.files", "Files", "Fichiers"),
        ("range", "{low} to {high}", "de {low} à {high}"),
        # Requests to copy.
        ("code.title", "This request, to copy", "Cette requête, à copier"),
        ("code.curl", "With curl", "Avec curl"),
        ("code.python", "In Python with pystac-client", "En Python avec pystac-client"),
        # Failures.
        ("failure.title", "{status}: {phrase}", "{status} : {phrase}"),
        ("failure.400", "The request cannot be understood", "La requête ne peut pas être comprise"),
        ("failure.403", "This file may not be read", "Ce fichier ne peut pas être lu"),
        ("failure.404", "Nothing here", "Rien à cette adresse"),
        ("failure.405", "Not possible here", "Impossible ici"),
        ("failure.500", "The service failed", "Le service a échoué"),
        ("failure.503", "The service is busy", "Le service est occupé"),
        ("failure.other", "This did not work", "Cela n'a pas fonctionné"),
        ("failure.said", "What the service says", "Ce que dit le service"),
        ("failure.on", "Where to go on", "Pour continuer"),
        ("failure.retry", "Try again in {n} seconds.|Try again in one second.",
         "Réessayez dans {n} secondes.|Réessayez dans une seconde."),
        *OF_SEARCHES,
        *OF_ITEMS,
        *OF_PLOTS,
        *OF_FIGURES,
    )
)  # fmt: skip
BY_KEY: Final = {row.key: row for row in WORDS}
_ONE: Final = {Language.ENGLISH: (1,), Language.FRENCH: (0, 1)}
"""Numbers that take the singular."""


def translate(key: str, language: Language, values: Mapping[str, Any], *, count: Any = None) -> str:
    """The text of a key; of two forms the one for `count`."""
    return BY_KEY[key].text(language, values, is_one=count in _ONE[language])


def translate_title(french: Callable[[str], str], title: str, language: Language) -> str:
    """A title in a language.

    Args:
        french: Puts it into French as far as its words are known: a function of `catalog_builder.vocab.french`.
        title: In English.
        language: Of the result.
    """
    return typeset(french(title)) if language is Language.FRENCH else title

"""The lists of a track and the products of a package, held against each other. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from catalog_builder.packages.model import DatePair, Footprint, Package, Track
from catalog_builder.read.package import METADATA, keys_of
from catalog_builder.vocab.kinds import TIMESERIES


def missing_pairs(series: Package, packages: Iterable[DatePair]) -> str | None:
    """Which of the pairs that a series was made from have no package, in one text; None when all have one.

    Args:
        series: a series package.
        packages: the pairs of its track that have a package.
    """
    there = {frozenset((pair.reference, pair.secondary)) for pair in packages}
    kept = series.texts.kept_pairs
    source = _source_of_pairs(series)
    missing = sorted(pair for pair in kept if frozenset((pair.reference, pair.secondary)) not in there)
    if not missing:
        return None
    if len(missing) == len(kept):
        return f"none of the {len(kept)} pairs of {source} has a package"
    names = ", ".join(f"{pair.reference}/{pair.secondary}" for pair in missing)
    return f"{len(missing)} of the {len(kept)} pairs of {source} have no package: {names}"


def _source_of_pairs(series: Package) -> str:
    return "RMSinterfero.txt" if series.texts.rms_rad else "the list of the stack"


def products(package: Package, track: Track, _footprint: Footprint) -> Iterator[str]:
    """A package has what all packages of its kind have, and what the other pairs of its track have."""
    rasters = [raster.name for raster in package.rasters]
    ours = keys_of(rasters, has_metadata=bool(package.metadata))
    stems = {key.rpartition("_")[0] for key in ours} | {member.name.lower() for member in package.others}
    stems |= {"stack"} if package.texts.stack_pairs else set()
    absent = [words for words, keys in package.name.kind.expected if not stems & set(keys)]
    if absent:
        yield f"missing, which such packages hold: {', '.join(absent)}"
    if not package.name.kind.per_pair:
        return
    others = [keys for path, keys in track.products if path != str(package.found.path)]
    lacking = sorted(frozenset.intersection(*others) - ours) if others else []
    if lacking:
        words = ", ".join("metadata (.meta)" if key == METADATA else key for key in lacking)
        yield f"missing, which the other pairs of its track have: {words}"


def network(package: Package, _track: Track, _footprint: Footprint) -> Iterator[str]:
    """Each date of a cube is in a pair that it was made from, and the lists of these pairs agree: else one is cut."""
    texts = package.texts
    if package.name.kind is not TIMESERIES or not texts.kept_pairs:
        return
    source = _source_of_pairs(package)
    days = {day for pair in texts.kept_pairs for day in pair.days}
    lonely = sorted(set(texts.epochs) - days)
    if lonely:
        yield f"no pair of {source} has {', '.join(map(str, lonely[:5]))} of RMSdate.txt: a list is not whole"
    foreign = sorted(days - set(texts.epochs)) if texts.epochs else []
    if foreign:
        yield f"RMSdate.txt does not have {', '.join(map(str, foreign[:5]))} of {source}: a list is not whole"
    if texts.rms_rad and texts.stack_pairs:
        ours, theirs = ({frozenset(pair.days) for pair in pairs} for pairs in (texts.rms_rad, texts.stack_pairs))
        if ours != theirs:
            yield (
                f"RMSinterfero.txt and the list of the stack differ: {len(ours - theirs)} pairs are in the first "
                f"alone, {len(theirs - ours)} in the second alone"
            )


def lists(package: Package, _track: Track, _footprint: Footprint) -> Iterator[str]:
    """The dates of the baselines are those of the computed pairs; the pairs with an unwrapped fraction are of these."""
    texts = package.texts
    pairs = {frozenset(pair.days) for pair in texts.computed_pairs}
    if not pairs:
        return
    days = frozenset().union(*pairs)
    for source, dates in (("baseline.rsc", set(texts.baselines_m)),):
        if dates and not dates <= days:
            yield f"{source} holds {min(dates - days)}, which is in no pair of interf_pair.rsc"
        if dates and not days <= dates and "baselines_m" not in texts.partial:
            yield f"{source} does not have {min(days - dates)}, which is in interf_pair.rsc"
    unwrapped = {frozenset(pair.days) for pair in texts.unwrapped_fraction}
    if unwrapped - pairs:
        first = "/".join(map(str, sorted(min(unwrapped - pairs, key=sorted))))
        yield f"list_unw_frac.txt holds {first}, which is not in interf_pair.rsc"

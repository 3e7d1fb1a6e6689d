"""Synthetic product trees with the producer's names, layout and side files, and rasters of one physical model.

    spec -> orbits, network          which tracks, dates and pairs
         -> geometry, ground         where, and how the Earth moves there
         -> interferometry           phases and coherences of the pairs
         -> inversion             series from the pairs
         -> packages, listings       rasters, `.meta`, pictures and text files
         -> tree, manifest           the directory, and `SAMPLE.json` with what is true of it

Nothing here reads names or side files with the builder's own parsers: a sample is an independent witness.
"""

from __future__ import annotations

from catalog_builder.sample.manifest import EpochTruth, PairTruth, SampleManifest, TrackTruth
from catalog_builder.sample.spec import SampleSpec
from catalog_builder.sample.tree import write_sample

__all__ = ["EpochTruth", "PairTruth", "SampleManifest", "SampleSpec", "TrackTruth", "write_sample"]

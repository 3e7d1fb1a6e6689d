"""Thumbnails of packages: small PNGs of the producer's previews, or of the rasters themselves.

    make      a package → its thumbnail: which file is shown, and what is said of it      (reads files)
    paint     values of one band → a PNG with a colour map, and the limits it took        (pure)
    preview   the producer's picture → a PNG that is small enough                         (pure)
    folder    where thumbnails are kept, one file an item                                 (writes)

Workers make them, the building process writes them. The same files give the same bytes.
"""

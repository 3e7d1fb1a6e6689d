"""The catalogue builder: a tree of FLATSIM packages becomes STAC items and collections.

Data goes one way, one module a step; `build` is the contents page:

    plan, walk,     roots → packages, sorted by track                    (reads directory names)
      renamed
    location        paths, and addresses in object stores: what can be asked of them
    storage,        a package → its files, in a folder or in an archive  (reads files)
      archive
    read, raster    a package → headers, texts, outline                  (reads files)
    names, sidecars file names and texts → `model`                       (pure)
    track           the packages of a track → what all its items share   (pure)
    item, assets,   a package and its track → a STAC item                (pure)
      links, layout
    thumbnails      a package → a small picture of it, when asked for    (reads files)
    collection      items → the collection that holds them               (pure)
    manifest        what earlier builds made, so that only what changed is read
    sinks           items and collections → a folder or a database       (writes)

`vocab` holds what FLATSIM is, as rows of data; everything above is derived from them. Beside the pipeline stand
`inspection` (the same steps for one package, kept), `cluster` (the embedded PostgreSQL), `database` (migrations),
`validation`, `sample` (a synthetic tree) and `cli`.

Nothing is imported here, on purpose: the service imports `vocab` through this package.
"""

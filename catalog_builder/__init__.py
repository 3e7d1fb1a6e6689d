"""The catalogue builder: a tree of FLATSIM packages becomes STAC items and collections.

Each folder is a room with one job, and imports run down this list, never up (a contract in `pyproject.toml`, and
`tests/test_architecture.py`). `pipeline.build` is the contents page.

    cli             the command `flatsim-stac`
    pipeline        a build: packages in, items out; what earlier builds left; processes and clusters
    validation      STAC documents against their schemas and our own rules
    sample          a synthetic product tree
    sinks           items and collections → a folder or a database       (writes)
    stac            packages and tracks → items and collections          (pure)
    database        migrations, and what of this project stands beside pgstac's tables
    thumbnails      a package → a small picture of it, when asked for    (reads files)
    local_postgres  the embedded PostgreSQL
    discover        trees → packages, sorted by track                    (reads directory names)
    read            a package → headers, texts, valid area; its track    (reads files)
    queries         all SQL
    report          what a build did: remarks, counts, the HTML page
    packages        what a package is: its name, its files, its texts
    location        paths, and addresses in object stores: what can be asked of them
    derived         what follows from the vocabulary and both halves of the project need
    vocab           what FLATSIM is, as rows of data

Nothing is imported here, on purpose: the service imports `vocab` and `derived` through this package.
"""

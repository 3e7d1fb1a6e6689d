"""The search service: a STAC API over pgstac, STAC Browser and the products' files. Start reading at `api.app`.

    app ─► settings          what the operator may set
        ├► database ─► dsn   the pool of read-only sessions, and the driver's errors as ours
        ├► extensions        which STAC API extensions, their conformance classes, their request models
        │    └► parameters, bodies ─► values, filters, texts, dialects
        ├► client            the STAC answers: landing page, collections
        │    ├► links        what we change in the links of an answer
        │    ├► roots        stored file addresses ◄─► addresses under /data/
        │    ├► items ─► search   searches and items
        │    │    └► formats · streams   whole results in one answer
        │    └► queries      the SQL of our own
        ├► aggregation       counts of items
        ├► pages             all of this as pages for people
        ├► openapi           the document at `/api`
        ├► browser · data ─► ranges · docs · health        the other routes
        ├► kept              landing page, collections and schemas as bytes, for as long as they are right
        ├► middleware        CORS, HEAD, compression, limits
        │    └► admission    how much is done at once
        └► errors            the tree of errors and the one table of their statuses

`python -m api` runs it (`api.__main__`).
"""

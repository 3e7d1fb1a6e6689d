"""The search service: a STAC API over pgstac, HTML pages, STAC Browser and the products' files.

Start reading at `api.app`, which composes the rooms; each imports only those further down.

    openapi · plots    the document at `/api`; networks, coverage and acquisitions
    web                HTML pages, made from the JSON answers
    stac               routes, extensions, links, collections, queryables, aggregations
    search             request → `Search` → statements → items → bytes
    files              data mounts, thumbnails, STAC Browser, Swagger UI, schemas
    http               negotiation, validators, ranges, response cache, concurrency, error responses, proxies
    request · database readers of parameters; sessions and statements about the catalogue
    settings           what the operator may set
    capacity · errors  the limiter of what is done at once; errors raised on purpose

`python -m api` runs it (`api.__main__`).
"""

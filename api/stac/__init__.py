"""The STAC API: routes, extensions, links, and the documents they answer with."""

"""What FLATSIM is, as typed rows of data. Imports nothing but the standard library.

`kinds` and `products` name the packages and files, `sidecars` the keys of the text files, `regions`,
`citation` and `collections` the words of the catalogue, `extensions` the pinned schemas, `queryables` what may be
searched. Everything else in the project is derived from these rows.
"""

"""`python -m catalog_builder` is `flatsim-stac`."""

from catalog_builder.cli import main

main()

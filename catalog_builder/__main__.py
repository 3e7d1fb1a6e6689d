"""`python -m catalog_builder` is `flatsim-stac`."""

from catalog_builder.cli import main

if __name__ == "__main__":
    main()

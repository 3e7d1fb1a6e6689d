"""What a package is: its name, its files wherever they lie, its texts."""

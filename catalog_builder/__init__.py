"""Catalogue builder: product tree in, STAC items and collections out. No import here, on purpose."""

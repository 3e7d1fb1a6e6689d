"""Statements → items, totals and the places to go on from."""

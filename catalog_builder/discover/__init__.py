"""Trees → packages, sorted by track, none of them opened."""

"""Items → the bytes of an answer: a page, or the whole result of a search."""

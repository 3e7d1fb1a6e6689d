"""A `Search` → statements."""

"""Is a STAC document right? Against the core schema, every schema it declares, and our own rules; without a network
where a folder holds
the schemas."""

"""Benchmarks; see README.md beside."""

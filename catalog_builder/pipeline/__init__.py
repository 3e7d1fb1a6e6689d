"""The build itself: packages in, items out, what an earlier build left, and who does the work."""

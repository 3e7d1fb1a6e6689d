"""What a build did: remarks, counts, and the page that shows them."""

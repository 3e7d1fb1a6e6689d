"""What follows from the vocabulary and is needed by the builder and by the service alike."""

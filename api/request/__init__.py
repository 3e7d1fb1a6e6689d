"""The parameters of requests: how each is read, and what the API document says of it."""

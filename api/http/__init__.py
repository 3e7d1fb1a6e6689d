"""What has to do with HTTP alone: validators, ranges, compression, concurrency, content negotiation, proxies."""

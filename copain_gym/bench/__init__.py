"""Benchmarks against the peers: `copain bench`, `make bench`."""

"""Benchmarks beside other packages: `copain bench`, `make bench`."""

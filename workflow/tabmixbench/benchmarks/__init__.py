"""Benchmarks of the library's own growth, apart from the reproduction."""

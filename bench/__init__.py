"""Benchmarks run by hand: each prints measurements and thresholds (README.md)."""

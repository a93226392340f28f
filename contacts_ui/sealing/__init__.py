"""Sealing: authenticated encryption of what leaves the process, and caches that hold nothing else."""

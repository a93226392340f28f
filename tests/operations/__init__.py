"""Tests of the metrics and the overview."""

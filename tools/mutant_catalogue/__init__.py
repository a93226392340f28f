"""Mutant catalogue: the most harmful faults, each as one text replacement, with the tests that must kill it.

`old` occurs in `file` exactly once. `tests` are part of `make test` and take a few seconds; those of scripts drive a
browser, and no others do.
"""

from __future__ import annotations

from . import (
    audit,
    deploy,
    export_pages,
    exports,
    load,
    masking,
    number_index,
    principal,
    saved_views,
    scripts,
    search,
    sign_in,
    statements,
    storage,
    tenants,
)
from .mutant import Mutant

__all__ = ["MUTANTS", "Mutant"]

MUTANTS: tuple[Mutant, ...] = (
    *tenants.MUTANTS,
    *masking.MUTANTS,
    *audit.MUTANTS,
    *statements.MUTANTS,
    *load.MUTANTS,
    *sign_in.MUTANTS,
    *storage.MUTANTS,
    *principal.MUTANTS,
    *saved_views.MUTANTS,
    *number_index.MUTANTS,
    *search.MUTANTS,
    *exports.MUTANTS,
    *export_pages.MUTANTS,
    *deploy.MUTANTS,
    *scripts.MUTANTS,
)

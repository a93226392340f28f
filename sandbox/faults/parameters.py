"""Fault parameters: the types that parameters may have, with validation."""

from __future__ import annotations

import base64
import binascii
import dataclasses
import math
from typing import Any

from .queue import Field


def required(field: Field) -> Field:
    """A copy of the field that must be present."""
    return dataclasses.replace(field, required=True)


def _is_integer(value: Any, least: int, most: int) -> bool:
    return type(value) is int and least <= value <= most  # isinstance would accept a bool


def _is_header_text(value: Any) -> bool:
    """True for text without characters that end a header line."""
    return isinstance(value, str) and not any(character in value for character in "\r\n\0")


def _is_headers(value: Any) -> bool:
    if not isinstance(value, dict):
        return False
    return all(
        _is_header_text(name) and name and (text is None or _is_header_text(text)) for name, text in value.items()
    )


def _is_details(value: Any) -> bool:
    return value is None or (isinstance(value, dict) and all(isinstance(lines, list) for lines in value.values()))


def _is_base64(value: Any) -> bool:
    try:
        return isinstance(value, str) and base64.b64decode(value, validate=True) is not None
    except binascii.Error:
        return False


def _is_seconds(value: Any) -> bool:
    return type(value) in {int, float} and math.isfinite(value) and 0 <= value <= 3600


STATUS = Field("a whole number from 200 to 599", lambda value: _is_integer(value, 200, 599))
SIZE = Field("a whole number of bytes", lambda value: _is_integer(value, 0, 2**40))
COUNT = Field("a whole number from 1", lambda value: _is_integer(value, 1, 2**40))
SECONDS = Field("seconds, from 0 to 3600", _is_seconds)
FLAG = Field("true or false", lambda value: isinstance(value, bool))
TEXT = Field("text", lambda value: isinstance(value, str))
TEXT_OR_NULL = Field("text without line breaks, or null", lambda value: value is None or _is_header_text(value))
HEADER_TEXT = Field("text without line breaks", _is_header_text)
BASE64 = Field("base64", _is_base64)
HEADERS = Field("an object of header names and their text, or null", _is_headers)
DETAILS = Field("an object of lists, or null", _is_details)
PATH_VALUES = Field("an object of dotted paths and values", lambda value: isinstance(value, dict))
PATHS = Field(
    "a list of dotted paths", lambda value: isinstance(value, list) and all(isinstance(x, str) for x in value)
)
RESET_POINTS = Field("accept, headers or body", lambda value: value in ("accept", "headers", "body"))

"""What the parameters of a fault may be."""

from __future__ import annotations

import base64
import binascii
import dataclasses
import math
from typing import Any

from .queue import Field


def required(field: Field) -> Field:
    """The same, but the fault must have it."""
    return dataclasses.replace(field, required=True)


def _whole(value: Any, least: int, most: int) -> bool:
    return type(value) is int and least <= value <= most  # a bool is an int to isinstance


def _line(value: Any) -> bool:
    """Text that may stand in a header."""
    return isinstance(value, str) and not any(mark in value for mark in "\r\n\0")


def _headers(value: Any) -> bool:
    if not isinstance(value, dict):
        return False
    return all(_line(name) and name and (text is None or _line(text)) for name, text in value.items())


def _details(value: Any) -> bool:
    return value is None or (isinstance(value, dict) and all(isinstance(lines, list) for lines in value.values()))


def _base64(value: Any) -> bool:
    try:
        return isinstance(value, str) and base64.b64decode(value, validate=True) is not None
    except binascii.Error:
        return False


def _seconds(value: Any) -> bool:
    return type(value) in {int, float} and math.isfinite(value) and 0 <= value <= 3600


STATUS = Field("a whole number from 200 to 599", lambda value: _whole(value, 200, 599))
SIZE = Field("a whole number of bytes", lambda value: _whole(value, 0, 2**40))
COUNT = Field("a whole number from 1", lambda value: _whole(value, 1, 2**40))
SECONDS = Field("seconds, from 0 to 3600", _seconds)
FLAG = Field("true or false", lambda value: isinstance(value, bool))
TEXT = Field("text", lambda value: isinstance(value, str))
TEXT_OR_NULL = Field("text without line breaks, or null", lambda value: value is None or _line(value))
ADDRESS = Field("text without line breaks", _line)
BASE64 = Field("base64", _base64)
HEADERS = Field("an object of header names and their text, or null", _headers)
DETAILS = Field("an object of lists, or null", _details)
VALUES = Field("an object of dotted paths and values", lambda value: isinstance(value, dict))
PATHS = Field(
    "a list of dotted paths", lambda value: isinstance(value, list) and all(isinstance(x, str) for x in value)
)
MOMENTS = Field("accept, headers or body", lambda value: value in ("accept", "headers", "body"))

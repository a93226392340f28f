"""Cells: texts, and times as dates, in Excel files as three programs read them, in CSV byte for byte."""

from __future__ import annotations

import io
import shutil
import subprocess
import zipfile
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import openpyxl
import pytest
from python_calamine import CalamineWorkbook

from contacts_ui.exports import csv_file, xlsx_file
from contacts_ui.exports.csv_file import CsvFile
from contacts_ui.exports.xlsx_cells import MOST_UNITS
from contacts_ui.exports.xlsx_file import XlsxFile
from testing.corpus.evaluate import corpus
from testing.sandbox_server import SandboxServer
from tests.exports.conftest import csv_rows

# What stands in the contact, and what every program reads.
SAME = (
    "=1+1", "+44 20 7946 0958", "0207 946 0958", "@SUM(A1)", "-5", "_x0041_", "__x0041__x0042_", "_x005F_x0041_",
    " leading", "trailing ", "<b>&amp;\"'</b>", "tab\there", "line\nbreak", "1E5", "TRUE", "2026-01-01", "12/11",
    "=cmd|' /C calc'!A0", "😀 ünï", "0", "https://example.org",
)  # fmt: skip
CHANGED = {
    "x" * 33_000: "x" * MOST_UNITS,
    "😀" * 20_000: "😀" * (MOST_UNITS // 2),
    "a\x01b": "a\ufffdb",
    "\x00": "\ufffd",
    "\ud800x": "\ufffdx",
    "\ufffe": "\ufffd",
    "a\r\nb": "a\nb",
}
TEXTS = (*SAME, *CHANGED)
EXPECTED = [*SAME, *CHANGED.values()]
FORMULAS = (
    "=1+1", "@SUM(1)", "+1+1", "-1+1", "+cmd|' /C calc'!A0", "-2+3+cmd|' /C calc'!A0", "=HYPERLINK(\"http://x\")",
    "\t=1+1", "＝1+1", " =1", "+1-SUM(A1)", "+44 20-HYPERLINK(A1)", "\0=1+1", "\x01\0 =1+1",
)  # fmt: skip


def _xlsx(texts: tuple[str, ...]) -> tuple[bytes, int]:
    """A file with these cells, and how many could not keep their text."""
    file = XlsxFile(["Cell", "Other"], datetime(2026, 11, 26, tzinfo=UTC), len(texts))
    content = file.begin() + file.add([text, "z"] for text in texts) + file.end([("Contacts", "1")])
    return content, file.state.mended


def _csv(texts: tuple[str, ...]) -> bytes:
    file = CsvFile(["Cell", "Other"])
    return file.begin() + file.add([text, "z"] for text in texts)


def test_openpyxl_reads_every_cell_as_its_text() -> None:
    content, mended = _xlsx(TEXTS)
    cells = list(openpyxl.load_workbook(io.BytesIO(content))["Contacts"]["A"])[1:]
    assert [cell.value for cell in cells] == EXPECTED
    assert {cell.data_type for cell in cells} == {"s"}
    assert {cell.number_format for cell in cells} == {"@"}
    assert mended == len(CHANGED)


def test_calamine_reads_every_cell_as_its_text() -> None:
    content, _ = _xlsx(TEXTS)
    rows = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_name("Contacts").to_python()
    assert [row[0] for row in rows[1:]] == EXPECTED


@pytest.mark.exhaustive
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_libreoffice_reads_every_cell_as_its_text(tmp_path: Path) -> None:
    (tmp_path / "cells.xlsx").write_bytes(_xlsx(TEXTS)[0])
    convert = ["soffice", "--headless", "--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76", "--outdir"]
    subprocess.run([*convert, str(tmp_path), str(tmp_path / "cells.xlsx")], check=True, timeout=120)
    assert [row[0] for row in csv_rows((tmp_path / "cells.csv").read_bytes())[1:]] == EXPECTED


@pytest.mark.exhaustive
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
@pytest.mark.parametrize("separators", ["44", "59", "9", "44/59/9/32"])
def test_libreoffice_finds_no_formula_in_csv(tmp_path: Path, separators: str) -> None:
    """Also where its separator is another one, and it runs what looks like a formula."""
    texts = (*FORMULAS, *(f"{before}{formula}" for formula in FORMULAS for before in ("a;", "a\t", "a\n", 'a",', "\0")))
    (tmp_path / "cells.csv").write_bytes(_csv(texts))
    convert = ["soffice", "--headless", "--convert-to", "fods", f"--infilter=CSV:{separators},34,76,1", "--outdir"]
    subprocess.run([*convert, str(tmp_path), str(tmp_path / "cells.csv")], check=True, timeout=120)
    assert "table:formula" not in (tmp_path / "cells.fods").read_text()


# Times as the desk writes them, and what a spreadsheet has for each: a date, but for times before Excel's.
TIMES = (
    "2026-11-27 02:35:01",
    "",
    "1900-03-01 00:00:01",
    "9999-12-31 23:59:59",
    "1900-02-28 10:00:00",
    "2024-02-29 12:00:00",
)
DATES = [datetime.fromisoformat(text) if text and text > "1900-03" else text or None for text in TIMES]


def _with_times() -> bytes:
    rows = [[text, "2026-11-27 02:35:01"] for text in TIMES]
    file = XlsxFile(["Created (UTC)", "Typed"], datetime(2026, 11, 26, tzinfo=UTC), len(rows), times=(0,))
    return file.begin() + file.add(rows) + file.end([("Asked for", "2026-11-27 02:35:00 UTC")])


def test_openpyxl_reads_times_as_dates_and_no_other_text() -> None:
    book = openpyxl.load_workbook(io.BytesIO(_with_times()))
    header, *cells = book["Contacts"]["A"]
    assert (header.value, header.data_type) == ("Created (UTC)", "s")
    assert [cell.value for cell in cells] == DATES
    assert {cell.number_format for cell in cells if cell.data_type == "d"} == {"yyyy-mm-dd hh:mm:ss"}
    assert {cell.data_type for cell in book["Contacts"]["B"]} == {"s"}
    assert book["About"]["B1"].value == "2026-11-27 02:35:00 UTC"


def test_calamine_reads_times_as_dates() -> None:
    rows = CalamineWorkbook.from_filelike(io.BytesIO(_with_times())).get_sheet_by_name("Contacts").to_python()
    assert [row[0] or None for row in rows[1:]] == DATES


@pytest.mark.exhaustive
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_libreoffice_shows_times_as_csv_has_them(tmp_path: Path) -> None:
    (tmp_path / "times.xlsx").write_bytes(_with_times())
    convert = ["soffice", "--headless", "--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76", "--outdir"]
    subprocess.run([*convert, str(tmp_path), str(tmp_path / "times.xlsx")], check=True, timeout=120)
    assert [row[0] for row in csv_rows((tmp_path / "times.csv").read_bytes())[1:]] == list(TIMES)


def test_file_begun_before_dates_goes_on_with_texts() -> None:
    """Its styles are written already, and have none for a date."""
    old = xlsx_file.XlsxState()
    file = XlsxFile(["Created (UTC)"], datetime(2026, 11, 26, tzinfo=UTC), 1, old, times=(0,))
    content = file.begin() + file.add([["2026-11-27 02:35:01"]]) + file.end([("Contacts", "1")])
    assert openpyxl.load_workbook(io.BytesIO(content))["Contacts"]["A2"].value == "2026-11-27 02:35:01"


def test_file_is_a_sound_zip_file() -> None:
    archive = zipfile.ZipFile(io.BytesIO(_xlsx(TEXTS)[0]))
    assert archive.testzip() is None
    assert archive.namelist()[0] == "[Content_Types].xml"


@pytest.mark.parametrize("rows", [0, 1, 4, 5, 8, 9])
def test_rows_go_on_in_the_next_sheet(monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    """With sheets of five rows, the header among them."""
    monkeypatch.setattr(xlsx_file, "SHEET_ROWS", 5)
    file = XlsxFile(["Number"], datetime(2026, 11, 26, tzinfo=UTC), rows)
    texts = [str(number) for number in range(rows)]
    content = file.begin()
    for start in range(0, rows, 3):
        content += file.add([text] for text in texts[start : start + 3])
    book = openpyxl.load_workbook(io.BytesIO(content + file.end([("Contacts", "1")])))
    sheets = book.worksheets[:-1]
    assert book.sheetnames[-1] == "About"
    assert all(sheet["A1"].value == "Number" for sheet in sheets)
    assert [row[0] for sheet in sheets for row in sheet.iter_rows(min_row=2, values_only=True)] == texts
    assert len(sheets) == max(1, -(-rows // 4))


def test_bytes_do_not_depend_on_where_it_was_broken_off() -> None:
    """The state is taken through its stored form between any two batches."""
    import msgspec

    batches = [[[text, "z"]] for text in TEXTS]
    made_at = datetime(2026, 11, 26, tzinfo=UTC)

    def content(breaks: set[int]) -> bytes:
        file = XlsxFile(["Cell", "Other"], made_at, len(TEXTS))
        made = file.begin()
        for number, batch in enumerate(batches):
            if number in breaks:
                state = msgspec.msgpack.decode(msgspec.msgpack.encode(file.state), type=xlsx_file.XlsxState)
                file = XlsxFile(["Cell", "Other"], made_at, len(TEXTS), state)
            made += file.add(batch)
        return made + file.end([("Contacts", "1")])

    assert content(set()) == content({1}) == content({3, 4, 5}) == content(set(range(len(TEXTS))))


def _spellings(api: SandboxServer) -> list[str]:
    """Seven ways in which each of 140 numbers is written."""
    body = [api.get("/v3/contacts", page=page, page_size=100).json() for page in (1, 2)]
    contacts = [row for each in body for row in each["data"]["contacts"] if row["format_e164"]][:140]
    found = []
    for row in contacts:
        e164, international, national = (str(row[f"format_{name}"]) for name in ("e164", "international", "national"))
        found += [e164, international, national, str(row["format_rfc"]), e164[1:], f"00{e164[1:]}"]
        found += [international.replace(" ", ".") + " ext. 5"]
    return found


def test_phone_spellings_are_byte_equal_in_csv(sandbox: SandboxServer) -> None:
    spellings = _spellings(sandbox)
    assert len(spellings) == 980
    content = _csv(tuple(spellings)).decode("utf-8-sig")
    assert content.splitlines()[1:] == [f'"{spelling}","z"' for spelling in spellings]


def test_spellings_of_the_corpus_are_byte_equal_in_csv() -> None:
    whole = {case.typed for case in corpus("spellings").cases if case.kind == "complete"}
    numbers = [text for text in whole if text.lstrip("+(").isascii() and text[:1] in "+(0123456789"]
    spoilt = [text for text in numbers if csv_file.cell(text) != text.replace('"', '""')]
    assert (len(numbers) > 200, spoilt) == (True, [])


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_formula_begins_a_cell_of_csv(formula: str) -> None:
    """Also in a cell that a spreadsheet makes where its country's separator stands."""
    for text in (formula, f"Acme;{formula}", f"Acme\t{formula}", f'Acme","{formula}'):
        written = csv_rows(_csv((text,)))[1][0]
        assert written != text
        for before, after in pairwise(["", *written]):
            assert not (before in ("", ";", "\t", '"', ",") and after in "=+-@＝")


def test_csv_is_utf8_with_mark_and_every_cell_quoted() -> None:
    content = _csv(("ü", 'say "hi"', "", "\ud800"))
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.splitlines()[1:] == ['"ü","z"'.encode(), b'"say ""hi""","z"', b'"","z"', b'"?","z"']

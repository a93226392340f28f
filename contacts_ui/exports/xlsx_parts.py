"""Parts of an Excel file that hold no rows: the lists of its parts, its styles, the head and tail of a sheet."""

from __future__ import annotations

from collections.abc import Sequence

_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"

RELS = (
    f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_DOCUMENT}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
)
# Text, also after somebody types into the cell; the same in bold, for headers; a date and time as the CSV file has it.
TEXT_STYLE, HEADER_STYLE, DATE_STYLE = 1, 2, 3
STYLES = (
    f'{_XML}<styleSheet xmlns="{_MAIN}">'
    '<numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy-mm-dd hh:mm:ss"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '</fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="4"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" quotePrefix="1" applyNumberFormat="1"/>'
    '<xf numFmtId="49" fontId="1" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1"/>'
    '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
SHEET_TAIL = "</sheetData></worksheet>"


def content_types(sheets: int) -> str:
    """The types of all parts."""
    listed = "".join(
        f'<Override PartName="/{sheet_path(number)}" ContentType="{_TYPE}.worksheet+xml"/>'
        for number in range(1, sheets + 1)
    )
    return (
        f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>{listed}</Types>'
    )


def sheet_names(sheets: int) -> list[str]:
    """The names of the sheets of contacts, and of the last one."""
    contacts = ["Contacts"] if sheets == 1 else [f"Contacts {number}" for number in range(1, sheets + 1)]
    return [*contacts, "About"]


def workbook(names: Sequence[str]) -> str:
    """The sheets, in their order."""
    listed = "".join(f'<sheet name="{name}" sheetId="{n}" r:id="rId{n}"/>' for n, name in enumerate(names, 1))
    return f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_DOCUMENT}"><sheets>{listed}</sheets></workbook>'


def workbook_rels(sheets: int) -> str:
    """Where the sheets and the styles are."""
    listed = "".join(
        f'<Relationship Id="rId{n}" Type="{_DOCUMENT}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in range(1, sheets + 1)
    )
    styles = f'<Relationship Id="rId{sheets + 1}" Type="{_DOCUMENT}/styles" Target="styles.xml"/>'
    return f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{listed}{styles}</Relationships>'


def sheet_path(number: int) -> str:
    """Where a sheet is; counted from 1."""
    return f"xl/worksheets/sheet{number}.xml"


def width_of(title: str) -> int:
    """The width of a column by its title, in characters."""
    return 38 if title.endswith("ID") else max(20, len(title) + 2)


def sheet_head(widths: Sequence[int], *, frozen: bool, times: Sequence[int] = ()) -> str:
    """The sheet up to its first row. `frozen`: its header stays when one scrolls. `times` are the columns of dates."""
    pane = '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>' if frozen else ""
    view = f'<sheetViews><sheetView workbookViewId="0">{pane}</sheetView></sheetViews>'
    styles = [DATE_STYLE if position in times else TEXT_STYLE for position in range(len(widths))]
    listed = "".join(
        f'<col min="{n}" max="{n}" width="{width}" style="{style}" customWidth="1"/>'
        for n, (width, style) in enumerate(zip(widths, styles, strict=True), 1)
    )
    return f'{_XML}<worksheet xmlns="{_MAIN}">{view}<cols>{listed}</cols><sheetData>'


def sheet_tail(last_cell: str) -> str:
    """The end of a sheet: a filter over its columns, and no green corner at every number that is a text."""
    return (
        f'</sheetData><autoFilter ref="A1:{last_cell}"/>'
        f'<ignoredErrors><ignoredError sqref="A1:{last_cell}" numberStoredAsText="1"/></ignoredErrors></worksheet>'
    )

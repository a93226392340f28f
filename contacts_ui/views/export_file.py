"""Download of an export: the file as a stream whose length and digest are known, whole or in byte ranges."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from uuid import UUID

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from contacts_ui.access import require_role
from contacts_ui.exports.errors import ExportExpired, ExportNotReady
from contacts_ui.exports.service import Download, export_for, finish_download, may_download, open_download
from contacts_ui.models import Export
from contacts_ui.roles import ADMIN, EXPORTER
from contacts_ui.web.byte_ranges import ByteRange, RangeNotSatisfiable, requested_range
from contacts_ui.web.request import DeskRequest

RESUMED_WITHIN = 3600  # seconds in which a download that was cut goes on without a new proof
_STARTED = "desk.exports.started"  # in the session: export id -> time
_MOST_STARTED = 10
_RESTS = tuple(f"bytes={digit}" for digit in range(1, 10))  # of a range: from the first byte on is no rest
RANGE_NOT_SATISFIABLE = 416


def resumes_download(request: DeskRequest) -> bool:
    """True for the rest of a file whose beginning this session was given a moment ago, after the proof."""
    match = request.resolver_match
    export_id = str(match.kwargs.get("export_id")) if match else ""
    started: float = request.session.get(_STARTED, {}).get(export_id, 0.0)
    is_rest = request.headers.get("Range", "").strip().startswith(_RESTS)
    return is_rest and 0 <= time.time() - started < RESUMED_WITHIN


@require_safe
@require_role(EXPORTER, ADMIN)
def export_file(request: DeskRequest, export_id: UUID) -> HttpResponseBase:
    """The file of an export, for who asked for it alone. A range (RFC 9110) goes on with one that was cut, which does
    not count as a download. Cost: no API call; a query for each megabyte.
    """
    export = export_for(request.user, export_id)
    size = export.size or 0
    try:
        part = requested_range(request.headers, size, _etag(export)) if size else None
    except RangeNotSatisfiable:
        return HttpResponse(status=RANGE_NOT_SATISFIABLE, headers={"Content-Range": f"bytes */{size}"})
    if request.method == "HEAD":
        _require_file(request, export)
        return _described(HttpResponse(content_type=_content_type(export)), export, None)
    request.META.pop("HTTP_ACCEPT_ENCODING", None)  # or Django's gzip takes the length away, and changes the bytes
    download = open_download(request.user, export, *((part.start, part.end) if part else ()))
    _remember_start(request, export)
    response = StreamingHttpResponse(_Sent(request, export, download), content_type=download.content_type)
    return _described(response, export, part)


class _Sent:
    """The bytes; what was taken of them is counted when the response is closed, also one of which nobody took any: a
    generator that was never begun would not even notice.
    """

    def __init__(self, request: DeskRequest, export: Export, download: Download) -> None:
        self._user, self._export, self._download = request.user, export, download
        self._sent = self._given = 0
        self._is_counted = False

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        self._sent = self._given  # who asks for more has taken the last
        chunk = next(self._download.chunks)
        self._given += len(chunk)
        return chunk

    def close(self) -> None:
        """Called by the server at the end, whatever has happened."""
        if not self._is_counted:
            self._is_counted = True
            finish_download(self._user, self._export, self._download, self._sent)


def _require_file(request: DeskRequest, export: Export) -> None:
    """Raises ExportExpired or ExportNotReady where a GET would send nothing."""
    if export.has_expired:
        raise ExportExpired
    if not may_download(request.user, export):
        raise ExportNotReady


def _described(response: HttpResponseBase, export: Export, part: ByteRange | None) -> HttpResponseBase:
    size = export.size or 0
    if part is not None:
        response.status_code = 206
        response["Content-Range"] = f"bytes {part.start}-{part.end - 1}/{size}"
    response["Content-Length"] = str(part.end - part.start if part else size)
    response["Accept-Ranges"] = "bytes"
    response["ETag"] = _etag(export)
    digest = base64.b64encode(bytes.fromhex(export.sha256 or "")).decode()
    response["Repr-Digest"] = f"sha-256=:{digest}:"
    response["Content-Disposition"] = str(content_disposition_header(as_attachment=True, filename=_name(export)))
    response["Cache-Control"] = "private, no-store, no-transform"
    return response


def _etag(export: Export) -> str:
    return f'"{export.sha256}"'


def _name(export: Export) -> str:
    return export.file_name or f"contacts.{export.format}"


def _content_type(export: Export) -> str:
    xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return xlsx if export.format == "xlsx" else "text/csv; charset=utf-8"


def _remember_start(request: DeskRequest, export: Export) -> None:
    """The time of the proof: going on with a download does not make the hour longer."""
    if resumes_download(request):
        return
    started: dict[str, float] = request.session.get(_STARTED, {})
    kept = dict(list(started.items())[-_MOST_STARTED + 1 :])
    request.session[_STARTED] = kept | {str(export.pk): time.time()}

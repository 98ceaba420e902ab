"""Which files are taken in: known by what they hold, never by what they are called."""

from __future__ import annotations

import codecs
import csv
import re
import unicodedata
import zipfile
from typing import BinaryIO

from app.kernel.problem import Kind, Problem, Refused

_HEAD = 4096
_CHUNK = 64 * 1024
_LONGEST_NAME = 180

#: The extensions a file of each type may bear; the first is the usual one.
EXTENSIONS = {
    "application/pdf": ("pdf",),
    "image/png": ("png",),
    "image/jpeg": ("jpg", "jpeg"),
    "image/webp": ("webp",),
    "image/gif": ("gif",),
    "text/plain": ("txt", "csv", "tsv", "md", "log", "json"),
    "text/csv": ("csv", "txt", "tsv"),
    "application/json": ("json", "txt"),
    "application/xml": ("xml",),
    "application/zip": ("zip",),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ("xlsx",),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ("docx",),
    "application/vnd.oasis.opendocument.text": ("odt",),
    "message/rfc822": ("eml", "txt"),
}
#: Types a browser may show inside a page; every other is a download, since XML and text can carry scripts.
SHOWN_INLINE = frozenset({"application/pdf", "image/png", "image/jpeg", "image/webp", "image/gif"})

_MAGIC = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)
_OFFICE = {
    "xl/": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "word/": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
_XML_ROOT = re.compile(
    r"\s*(?:<\?.*?\?>\s*|<!--.*?-->\s*|<!DOCTYPE[^>\[]*(?:\[.*?\]\s*)?>\s*)*<(?:[\w.-]+:)?([\w.-]+)", re.DOTALL
)
_ACTIVE = re.compile(r"\s*<(?:!doctype\s+html|html|head|body|script|svg|iframe|object|embed|img)\b", re.IGNORECASE)
_ACTIVE_ROOTS = frozenset({"html", "svg", "stylesheet", "transform", "script"})
_HEADER = re.compile(rb"([!-9;-~]+):[ \t]")
_MAIL_HEADERS = frozenset(
    {b"from", b"to", b"subject", b"date", b"received", b"message-id", b"mime-version", b"return-path"}
)
_UNPRINTED = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
_FORBIDDEN_IN_NAMES = re.compile(r'[<>:"|?*]')
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)
# An object begins with a name, a list with a value; bank messages such as MT940 begin with a brace as well.
_JSON = re.compile(r"""\s*(?:\{\s*["}]|\[\s*["\[{\]\d\-tfn])""")
_EXTENSION = re.compile(r"\.([A-Za-z0-9]{1,8})$")


class FileRefused(Refused):
    """Raised when a file is not taken in; says why, in words for whoever sent it."""

    def __init__(self, code: str, message: str, kind: Kind = Kind.INVALID) -> None:
        self.code = code
        super().__init__(kind, Problem(code, message, "file"))


def sniff(stream: BinaryIO) -> str:
    """Tell the type of a file from its content, or refuse it; reads from the beginning."""
    stream.seek(0)
    head = stream.read(_HEAD)
    if not head:
        raise FileRefused("file_empty", "The file is empty. Choose a file with content.")
    for magic, media_type in _MAGIC:
        if head.startswith(magic):
            return media_type
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head.startswith(b"PK\x03\x04"):
        return _sniff_zip(stream)
    if _is_mail(head):
        return "message/rfc822"
    return _sniff_xml(head, stream) or _sniff_text(head, stream)


def safe_name(name: str, media_type: str) -> str:
    """Give a name under which a file can be stored and offered anywhere; refuse one that lies about the type."""
    cleaned = clean_name(name)
    allowed = EXTENSIONS[media_type]
    found = _EXTENSION.search(cleaned)
    if not found:
        return f"{cleaned}.{allowed[0]}"
    if found[1].lower() not in allowed:
        message = f"The name ends in .{found[1]}, but the file holds {media_type}. Name it .{' or .'.join(allowed)}."
        raise FileRefused("file_extension", message)
    return cleaned


def clean_name(name: str) -> str:
    """Take from a name whatever could deceive people or machines: paths, control signs, text running backwards."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    visible = "".join(" " if sign.isspace() else sign for sign in last if _is_visible(sign))
    cleaned = " ".join(_FORBIDDEN_IN_NAMES.sub("_", visible).split()).strip(". ")
    if _RESERVED.match(cleaned):
        cleaned = f"_{cleaned}"
    return _shortened(cleaned) or "file"


def media_type_of(name: str) -> str:
    """Tell the type of a file that was taken in under a safe name."""
    found = _EXTENSION.search(name)
    extension = found[1].lower() if found else ""
    usual = {extensions[0]: media_type for media_type, extensions in EXTENSIONS.items()}
    any_of = {each: media_type for media_type, extensions in EXTENSIONS.items() for each in extensions}
    return usual.get(extension) or any_of.get(extension) or "application/octet-stream"


def _is_visible(sign: str) -> bool:
    return sign in "\t\n\r" or unicodedata.category(sign) not in _INVISIBLE


def _shortened(name: str) -> str:
    """Keep a name to what every file system takes, and its extension with it."""
    if len(name.encode()) <= _LONGEST_NAME:
        return name
    found = _EXTENSION.search(name)
    extension = found[0] if found else ""
    stem = name.removesuffix(extension).encode()[: _LONGEST_NAME - len(extension)]
    return stem.decode(errors="ignore").rstrip(". ") + extension


def _sniff_zip(stream: BinaryIO) -> str:
    """Tell office documents from plain archives by their table of contents; nothing is unpacked."""
    try:
        with zipfile.ZipFile(stream) as archive:
            names = archive.namelist()
            if any(name.lower().endswith("vbaproject.bin") for name in names):
                raise FileRefused(
                    "file_macros", "The document contains macros. Save it without macros, as .xlsx or .docx."
                )
            if names[:1] == ["mimetype"] and archive.getinfo("mimetype").file_size < _HEAD:
                stated = archive.read("mimetype").decode("ascii", "replace").strip()
                return stated if stated in EXTENSIONS else "application/zip"
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, ValueError) as error:
        raise FileRefused("file_damaged", "The archive is damaged. Pack it again.") from error
    if "[Content_Types].xml" in names:
        for folder, media_type in _OFFICE.items():
            if any(name.startswith(folder) for name in names):
                return media_type
    return "application/zip"


def _is_mail(head: bytes) -> bool:
    """Recognise an e-mail by its headers."""
    lines = re.split(rb"\r?\n", head)
    if not _HEADER.match(lines[0]):
        return False
    found = {match[1].lower() for line in lines if (match := _HEADER.match(line))}
    return len(found & _MAIL_HEADERS) > 1


def _sniff_xml(head: bytes, stream: BinaryIO) -> str | None:
    """Recognise XML in any encoding it declares, unless a browser would run it."""
    if head[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        text = head.decode("utf-16", "ignore")
    else:
        text = head.removeprefix(codecs.BOM_UTF8).decode("latin-1")
    declared = text.startswith("<?xml")
    root = _XML_ROOT.match(text)
    if _ACTIVE.match(text) or (root and root[1].lower() in _ACTIVE_ROOTS):
        raise FileRefused("file_active", "Web pages and SVG drawings are not taken in. Send a PDF or a picture.")
    if declared:
        return "application/xml"
    if root and text.lstrip().startswith("<") and _is_utf8(stream):
        return "application/xml"
    return None


def _sniff_text(head: bytes, stream: BinaryIO) -> str:
    """Tell CSV and JSON from other text; all of it must be UTF-8."""
    if not _is_utf8(stream):
        allowed = "PDF, PNG, JPEG, WebP, GIF, CSV, text, XML, JSON, ZIP, XLSX, DOCX, ODT or e-mail"
        raise FileRefused("file_type", f"This type of file is not taken in. Send {allowed}; save text as UTF-8.")
    text = head.removeprefix(codecs.BOM_UTF8).decode(errors="ignore")
    stream.seek(-min(_HEAD, stream.seek(0, 2)), 2)
    ends = stream.read().rstrip()[-1:]
    if _JSON.match(text) and text.lstrip()[0].encode() + ends in (b"{}", b"[]"):
        return "application/json"
    return "text/csv" if _is_table(text) else "text/plain"


def _is_utf8(stream: BinaryIO) -> bool:
    """Read all of a text, and say whether it is UTF-8 without control signs."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    stream.seek(0)
    try:
        while chunk := stream.read(_CHUNK):
            if _UNPRINTED.search(decoder.decode(chunk)):
                return False
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _is_table(text: str) -> bool:
    """Recognise CSV: the first lines have the same number of columns, and more than one."""
    lines = text.splitlines()
    if len(text) >= _HEAD // 2:
        lines = lines[:-1]
    for delimiter in (";", "\t", ","):
        widths = {len(row) for row in csv.reader(lines[:5], delimiter=delimiter) if row}
        if len(widths) == 1 and widths.pop() > 1:
            return True
    return False

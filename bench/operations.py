"""What clients do: each operation is a few requests over some transport, the same over HTTP and inside one process."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

THINGS = ("filter", "lens", "mirror", "cable", "sensor", "bracket", "pump", "valve", "board", "motor")
LINES = 5
COURSE = "order to posted invoice (9 requests)"
REQUEST = "request, created to approved (3 requests)"
#: Operations of several requests, of which each needs what the one before has done: they have no floor.
LONG = (REQUEST, COURSE)


class Transport(Protocol):
    """Sends a request; gives status, body."""

    def __call__(self, method: str, path: str, who: str, body: bytes = b"", kind: str = "") -> tuple[int, bytes]:
        """Send as somebody; `who` names their token or session."""
        ...


@dataclass(frozen=True)
class Sample:
    """What operations pick from: keys there are."""

    orders: list[str]
    invoices: list[str]
    suppliers: list[tuple[str, str]]
    centres: list[str]


Operation = Callable[[Transport, int], None]


def reading(sample: Sample) -> dict[str, Operation]:
    """List the operations that change nothing; each turn asks for something else."""
    suppliers = sample.suppliers

    def get(who: str, address: Callable[[int], str]) -> Operation:
        return lambda send, turn: _ok(send("GET", address(turn), who))

    def of(values: list[Any], turn: int) -> Any:
        return values[turn % len(values)]

    return {
        "who am I (session of a token)": get("buyer", lambda _: "/api/v1/me"),
        "list of 25 newest": get("buyer", lambda _: "/api/v1/orders?sort=-number"),
        "list, with count": get("buyer", lambda _: "/api/v1/orders?sort=-number&count=true"),
        "list, decider of a cost centre": get("decider", lambda _: "/api/v1/orders?sort=-number"),
        "list, one's own only": get("asker", lambda _: "/api/v1/orders?sort=-number"),
        "list of invoices, none to be seen": get("decider", lambda _: "/api/v1/invoices?sort=-reference"),
        "filtered by supplier and state": get(
            "buyer", lambda turn: f"/api/v1/orders?supplier={of(suppliers, turn)[0]}&state=issued"
        ),
        "search by text": get(
            "buyer", lambda turn: f"/api/v1/orders?q={of(suppliers, turn)[1]}+{of(list(THINGS), turn)}"
        ),
        "search by a common word": get("buyer", lambda turn: f"/api/v1/orders?q={of(list(THINGS), turn)}"),
        "search everywhere": get("buyer", lambda turn: f"/api/v1/search?q={of(suppliers, turn)[1]}"),
        "one order of 5 lines": get("buyer", lambda turn: f"/api/v1/orders/{of(sample.orders, turn)}"),
        "page: inbox": get("page head", lambda _: "/inbox"),
        "page: dashboard": get("page buyer", lambda _: "/"),
        "page: list": get("page buyer", lambda _: "/orders"),
        "page: list, filtered": get(
            "page buyer", lambda turn: f"/orders?supplier={of(suppliers, turn)[0]}&state=issued"
        ),
        "page: list, searched": get("page buyer", lambda turn: f"/orders?q={of(suppliers, turn)[1]}"),
        "page: document": get("page buyer", lambda turn: f"/orders/{of(sample.orders, turn)}"),
        "page: form": get("page buyer", lambda _: "/orders/new"),
        "page: invoices": get("page clerk", lambda _: "/invoices"),
        "page: list, decider": get("page decider", lambda _: "/orders"),
        "page: inbox, decider": get("page decider", lambda _: "/inbox"),
        "page: one invoice": get("page clerk", lambda turn: f"/invoices/{of(sample.invoices, turn)}"),
    }


def writing(sample: Sample) -> dict[str, Operation]:
    """List the operations that change something, the costliest last."""

    def create(send: Transport, turn: int) -> None:
        _entered(send, "/api/v1/orders", "buyer", _order(sample, turn))

    def cycle(send: Transport, turn: int) -> None:
        for _ in course(send, sample, turn):
            pass

    def request(send: Transport, turn: int) -> None:
        key = _entered(send, "/api/v1/requests", "requester", _request(sample, turn))
        _entered(send, f"/api/v1/requests/{key}/submit", "requester", {}, 200)
        _entered(send, f"/api/v1/requests/{key}/approve", "head", {}, 200)

    return {"create an order of 5 lines": create, REQUEST: request, COURSE: cycle}


def mixed(sample: Sample) -> Operation:
    """Do now this and now that, as people and programs do: one act in twenty enters an order, the others look."""
    acts = list(reading(sample).values())
    create = next(iter(writing(sample).values()))

    def act(send: Transport, turn: int) -> None:
        # Neighbouring turns do different things, and each thing is done for another document the next time.
        (create if turn % 20 == 0 else acts[turn * 7 % len(acts)])(send, turn // 3)

    return act


def course(send: Transport, sample: Sample, turn: int) -> Iterator[str]:
    """Bring an order from its draft to a posted invoice, through the hands of four people; tells each step."""
    form = _order(sample, turn)
    order = _entered(send, "/api/v1/orders", "buyer", form)
    yield "create"
    for who, verb, sent in (("buyer", "submit", {}), ("head", "approve", {}), ("buyer", "issue", {"channel": "print"})):
        _entered(send, f"/api/v1/orders/{order}/{verb}", who, sent, 200)
        yield verb
    arrived = [{"line": str(at), "quantity": line["quantity"]} for at, line in enumerate(form["lines"], 1)]
    receipt = _entered(send, "/api/v1/receipts", "receiver", {"order": order, "lines": arrived})
    yield "receipt"
    _entered(send, f"/api/v1/receipts/{receipt}/post", "receiver", {}, 200)
    yield "post receipt"
    invoice = _captured(send, order, form["lines"])
    yield "capture and match"
    for verb in ("submit", "post"):
        _entered(send, f"/api/v1/invoices/{invoice}/{verb}", "clerk", {}, 200)
        yield f"{verb} invoice"


def _order(sample: Sample, turn: int) -> dict[str, Any]:
    def line(at: int) -> dict[str, str]:
        text, quantity = f"{THINGS[(turn + at) % len(THINGS)]} {at}", str(1 + at % 4)
        fixed = {"unit": "C62", "category": "OPT", "tax_code": "AT20"}
        return {"text": text, "quantity": quantity, "unit_price": f"{20 + at}.{turn * 7 % 100:02}", **fixed}

    place = {"cost_centre": sample.centres[turn % len(sample.centres)], "currency": "EUR", "deliver_to": "WIEN"}
    return {"supplier": "VEGA", **place, "lines": [line(at) for at in range(LINES)]}


def _request(sample: Sample, turn: int) -> dict[str, Any]:
    """Write down what an order buys as somebody's wish, which the owner of the cost centre decides."""
    order = _order(sample, turn)
    wanted = ("text", "quantity", "unit", "category", "unit_price")
    lines = [{name: line[name] for name in wanted} for line in order["lines"]]
    place = {name: order[name] for name in ("cost_centre", "currency", "deliver_to")}
    return {"title": f"Things of turn {turn}", **place, "lines": lines}


def _captured(send: Transport, order: str, lines: list[dict[str, str]]) -> str:
    from tests.scenarios.billing import ubl

    stated = [(line["text"], line["quantity"], line["unit_price"]) for line in lines]
    mark = uuid.uuid4().hex
    file = ubl(f"B-{mark[:12].upper()}", *stated, order=order)
    head = f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="i.xml"\r\nContent-Type: application/xml\r\n\r\n'
    body = head.encode() + file + f"\r\n--{mark}--\r\n".encode()
    kind = f"multipart/form-data; boundary={mark}"
    status, answer = send("POST", "/api/v1/invoices/capture", "clerk", body, kind)
    [taken] = _read(status, answer, 201)["data"]
    assert taken["state"] == "matched", taken
    return str(taken["key"])


def _entered(send: Transport, path: str, who: str, form: dict[str, Any], expected: int = 201) -> str:
    status, answer = send("POST", path, who, json.dumps(form).encode(), "application/json")
    return str(_read(status, answer, expected)["key"])


def _read(status: int, answer: bytes, expected: int) -> dict[str, Any]:
    assert status == expected, (status, answer[:600])
    found: dict[str, Any] = json.loads(answer)
    return found


def _ok(answered: tuple[int, bytes]) -> None:
    assert answered[0] == 200, (answered[0], answered[1][:600])

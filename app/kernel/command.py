"""Commands: business operations declared once, offered at every door."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from app.kernel.actor import Context
from app.kernel.event import Event
from app.kernel.problem import Problem
from app.kernel.states import Move, parse_moves, targets_from

Guard = Callable[[Context, Any], list[Problem]]


@dataclass(frozen=True, slots=True)
class Ask:
    """How a parameter is asked for, written as `Annotated[str, Ask("Reason", long=True)]`."""

    label: str = ""
    help: str = ""
    long: bool = False
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Param:
    """One thing a command needs to know: a keyword-only parameter of its function."""

    name: str
    annotation: Any
    required: bool
    default: Any
    ask: Ask


@dataclass(frozen=True, slots=True)
class Command:
    """One business operation: who may (its permission), when (moves and guard), what (the function), what follows."""

    name: str
    label: str
    run: Callable[..., Any]
    moves: tuple[Move, ...]
    guard: Guard | None
    confirm: str
    danger: bool
    step_up: bool
    params: tuple[Param, ...]
    events: tuple[type[Event], ...]
    help: str

    def __call__(self, context: Context, row: Any, **arguments: Any) -> Any:
        """Run the bare operation, inside a command that is already running."""
        return self.run(context, row, **arguments)

    def targets(self, state: str | None) -> tuple[str, ...] | None:
        """List the states this may lead to from `state`: None if it is not possible there."""
        if not self.moves:
            return (state,) if state is not None else ()
        return targets_from(self.moves, state or "")


def command(
    label: str,
    *,
    moves: Iterable[str] = (),
    guard: Guard | None = None,
    confirm: str = "",
    danger: bool = False,
    step_up: bool = False,
) -> Callable[[Callable[..., Any]], Command]:
    """Declare a function `(context, row, *, …) -> Event` as a command.

    Its keyword-only parameters become dialog, JSON body, schema and CLI options; its docstring the help text;
    its return annotation the events that it may announce. `guard` says what stands against it now.
    `confirm` is asked before an act that binds; it may name columns: "Send {number} to {supplier}?".
    `danger` marks what cannot be undone, `step_up` what needs a fresh sign-in.
    """

    def declare(function: Callable[..., Any]) -> Command:
        hints = typing.get_type_hints(function, include_extras=True)
        return Command(
            name=function.__name__,
            label=label,
            run=function,
            moves=parse_moves(moves),
            guard=guard,
            confirm=confirm,
            danger=danger,
            step_up=step_up,
            params=tuple(_params(function, hints)),
            events=_events(function.__name__, hints.get("return")),
            help=inspect.getdoc(function) or "",
        )

    return declare


def _params(function: Callable[..., Any], hints: dict[str, Any]) -> Iterable[Param]:
    for place, (name, parameter) in enumerate(inspect.signature(function).parameters.items()):
        if parameter.kind is not inspect.Parameter.KEYWORD_ONLY:
            if place > 1:
                raise TypeError(f"command {function.__name__}: write `*` before {name!r}, to be asked for by its name")
            continue
        annotation, ask = hints[name], Ask()
        if typing.get_origin(annotation) is typing.Annotated:
            annotation, *extra = typing.get_args(annotation)
            ask = next((part for part in extra if isinstance(part, Ask)), ask)
        required = parameter.default is inspect.Parameter.empty
        yield Param(name, annotation, required, None if required else parameter.default, ask)


def _events(name: str, returned: Any) -> tuple[type[Event], ...]:
    """Read the announced events off `-> Issued` or `-> Issued | Closed`."""
    kinds = typing.get_args(returned) or (returned,)
    events = tuple(kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Event))
    if not events or len(events) != len(kinds):
        raise TypeError(f"command {name}: its return annotation must name the events it announces")
    return events

"""`flask outlay import …` and `export …`: files in and out of a terminal, by the same steps as in the console."""

from __future__ import annotations

import io
import pathlib
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

import click

from app.infra import listing, taking, unit
from app.infra.taking import About, Sent, Taken
from app.infra.transfer import export, matching, report, runs, work
from app.infra.transfer.runs import ImportRun
from app.infra.transfer.sheets import Options
from app.kernel.actor import Context
from app.kernel.counting import counted
from app.kernel.problem import Refused, refuse_if
from app.kernel.resource import Resource, registry

SHOWN = 20
Pairs = tuple[str, ...]


def register_cli(group: Any) -> None:
    """Offer both commands in a group."""
    group.add_command(import_file)
    group.add_command(export_file)


@click.command("import")
@click.argument("resource")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=pathlib.Path))
@click.option("--entity", default=None, help="Whose they are, where the documents do not say.")
@click.option("--table", "as_table", is_flag=True, help="The file is a table of rows as they are exported.")
@click.option("--dry-run", is_flag=True, help="Check every row and change nothing.")
@click.option(
    "--map", "said", multiple=True, metavar="COLUMN=FIELD", help="What a column means; COLUMN= leaves it out."
)
@click.option("--set", "fixed", multiple=True, metavar="FIELD=VALUE", help="What all new rows have in common.")
@click.option("--leave-rest", is_flag=True, help="Leave out the columns that match no field.")
@click.option(
    "--dates", default="", metavar="day|month", help="What days begin with, where no value of the file tells."
)
@click.option("--all-or-nothing", "together", is_flag=True, help="Import no row if one is refused.")
@click.option("--mode", type=click.Choice(list(matching.MODES)), default="both", help="New rows, known rows, or both.")
@click.option("--encoding", default="", help="How the text is encoded, where it is guessed wrong.")
@click.option("--delimiter", default="", help="What stands between cells, where it is guessed wrong.")
@click.option("--heading", default=0, help="The line with the names of the columns, where it is not the first.")
@click.option("--sheet", default="", help="The sheet of a workbook, where it is not the first.")
@click.option("--refused", "refused_to", type=click.Path(dir_okay=False), help="Write the refused rows to this file.")
@click.option("--as", "login", default="", help="The account that acts; Outlay itself if left out.")
def import_file(
    resource: str,
    paths: tuple[pathlib.Path, ...],
    said: Pairs,
    mode: str,
    refused_to: str | None,
    login: str,
    *,
    entity: str | None,
    as_table: bool,
    dry_run: bool,
    together: bool,
    fixed: Pairs,
    leave_rest: bool,
    **reading: Any,
) -> None:
    """Import CSV, XLSX or JSON files: `import suppliers new.csv --map "Firm=name" --dry-run`.

    Tables without all it needs get the rest by `--set`: `import spending 2021-*.csv --set entity=CITY --set currency=GBP`.
    Documents come in files and folders, as many as there are: `import invoices inbox/ scan.pdf --entity HAL`.
    """
    declared = _declared(resource)
    if not as_table and taking.of(declared):
        about = About(_pairs(said), _pairs(fixed), Options(**reading))
        _refuse_what_is_said_of_documents(declared, about, dry_run)
        sys.exit(_take_in(_context(login), declared, paths, Sent(b"", "", entity, about=about, is_trial=dry_run)))
    if refused_to and len(paths) > 1:
        raise click.ClickException("The refused rows of one file go to a file: name one, or leave out --refused.")
    matched = Matched(_pairs(said), _pairs(fixed), mode, together=together, leaves_rest=leave_rest)
    ends = []
    for path in paths:
        if len(paths) > 1:
            click.echo(f"{path}:")
        told = refused_to, dry_run
        ends.append(_import_table(_context(login), declared, path, Options(**reading), matched, *told))
    sys.exit(0 if all(ends) else 1)


@dataclass(frozen=True)
class Matched:
    """What was said about the columns of tables, and of what all rows have in common."""

    said: dict[str, str]
    fixed: dict[str, str]
    mode: str
    together: bool
    leaves_rest: bool


def _import_table(
    context: Context,
    declared: Resource,
    path: pathlib.Path,
    options: Options,
    matched: Matched,
    refused_to: str | None,
    dry_run: bool,
) -> bool:
    """Import one table and tell what became of it; say whether all of its rows are in order."""
    try:
        if path.is_dir():
            raise click.ClickException(f"{path} is a folder. Name the tables in it.")
        run_id = _taken_in(context, declared, path, options)
        _match(context, run_id, matched)
        work.check(context, run_id)
        run = _look(context, run_id)
        if run.state == "checked" and not dry_run:
            run = _imported(context, run)
        _tell(context, run, refused_to)
    except Refused as refused:
        click.echo("\n".join(problem.message for problem in refused.problems), err=True)
        return False
    return not run.refused and run.state != "failed"


@click.command("export")
@click.argument("resource")
@click.argument("file", type=click.Path(dir_okay=False, writable=True, allow_dash=True))
@click.option("--filter", "filters", multiple=True, metavar="NAME=VALUE", help="As in the address of the list.")
@click.option("--shown", is_flag=True, help="The columns of the list instead of all that can be imported.")
@click.option("--format", "kind", type=click.Choice(list(export.FORMATS)), help="Otherwise by the name of the file.")
@click.option("--as", "login", default="", help="The account that acts; Outlay itself if left out.")
def export_file(resource: str, file: str, filters: Pairs, kind: str | None, login: str, *, shown: bool) -> None:
    """Export rows: `export suppliers approved.xlsx --filter state=approved`. A dash writes to standard output."""
    declared = _declared(resource)
    try:
        with unit.reading(_context(login)) as bound:
            query, problems = listing.parse(bound, declared, _several(filters))
            if problems:
                raise click.ClickException("\n".join(problem.message for problem in problems))
            columns = export.shown_columns(declared, declared.list) if shown else export.full_columns(declared)
            pieces = export.export(bound, declared, query, columns, kind or _kind_of(file))
            with click.open_file(file, "wb") as out:
                for piece in pieces:
                    out.write(piece)
    except Refused as refused:
        raise click.ClickException("\n".join(problem.message for problem in refused.problems)) from refused


def _context(login: str) -> Context:
    from app.cli import context

    return context(login)


def _declared(name: str) -> Resource:
    found = registry.by_plural(name) or next((each for each in registry if each.name == name), None)
    if found is None:
        raise click.ClickException(f"There is no resource {name}. There are: {', '.join(r.plural for r in registry)}.")
    return found


def _pairs(said: Iterable[str]) -> dict[str, str]:
    pairs = {}
    for each in said:
        name, equals, value = each.partition("=")
        if not equals:
            raise click.ClickException(f"Write {each}=FIELD, or {each}= to leave the column out.")
        pairs[name] = value
    return pairs


def _several(filters: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in filters:
        name, _, value = each.partition("=")
        found.setdefault(name, []).append(value)
    return found


def _kind_of(file: str) -> str:
    suffix = pathlib.Path(file).suffix.lower().removeprefix(".")
    return {"xlsx": "xlsx", "jsonl": "jsonl", "json": "jsonl"}.get(suffix, "csv")


def _refuse_what_is_said_of_documents(resource: Resource, about: About, dry_run: bool) -> None:
    """Refuse what would not be heeded: a document cannot be tried, and has no columns."""
    if (dry_run or about != About()) and not taking.reads_tables(resource):
        title = resource.title[1]
        raise click.ClickException(
            f"{title} come as documents. Leave out --dry-run and what is said of tables, or add --table."
        )


def _take_in(context: Context, resource: Resource, paths: Iterable[pathlib.Path], like: Sent) -> int:
    """Take in documents from files and folders, tell of each what became of it, and answer 1 if any was refused."""
    take = taking.of(resource)
    assert take is not None
    found = [each for path in paths for each in (sorted(path.rglob("*")) if path.is_dir() else [path])]
    files = [each for each in found if each.is_file()]
    done = refused = 0
    all_: list[Taken] = []
    for file in files:
        try:
            came = take(context, replace(like, data=file.read_bytes(), name=file.name))
        except Refused as refusal:
            came = [Taken(file.name, None, None, tuple(refusal.problems))]
        for one in came:
            words = " ".join(problem.message for problem in one.problems)
            label = one.key or one.name
            click.echo(f"{file}: {label} {one.state}" if one.is_in else f"{file}: refused. {words}")
            done, refused = done + one.is_in, refused + (not one.is_in)
        all_ += came
    for words in _sums(all_):
        click.echo(words)
    what = counted(done, *(title.lower() for title in resource.title))
    click.echo(
        f"{counted(len(files), 'file')}, {what} {'would be ' if like.is_trial else ''}taken in, {refused} refused"
    )
    if like.is_trial:
        click.echo("Nothing was changed.")
    return 1 if refused else 0


def _sums(taken: Sequence[Taken]) -> Iterator[str]:
    """Say what the rows and amounts of tables come to, taken in and refused; nothing of documents without rows."""
    rows = sum(one.rows for one in taken)
    if rows:
        stayed_out = sum(one.rows for one in taken if not one.is_in)
        yield f"{counted(rows, 'row')}, {rows - stayed_out} taken in, {stayed_out} refused"
    for currency in sorted({one.currency for one in taken if one.amount}):
        found = [(one.amount, one.is_in) for one in taken if one.currency == currency]
        parts = [sum(amount for amount, is_in in found if is_in is wanted) for wanted in (True, False)]
        yield f"{currency}: {sum(parts):f} in the files, {parts[0]:f} taken in, {parts[1]:f} refused"


def _taken_in(context: Context, resource: Resource, file: pathlib.Path, options: Options) -> int:
    return runs.begin(context, resource, io.BytesIO(file.read_bytes()), file.name, options)


def _match(context: Context, run_id: int, matched: Matched) -> None:
    run = _look(context, run_id)
    with runs.opened(run) as sheet:
        columns, problems = matching.by_words(run.columns, sheet, matched.said)
    refuse_if(problems)
    columns = [_settled(run, columns, at, matched) for at in range(len(columns))]
    runs.match(context, run_id, columns, matched.mode, fixed=matched.fixed, together=matched.together, by_job=False)


def _settled(run: ImportRun, columns: Sequence[str | None], at: int, matched: Matched) -> str | None:
    """Give what all rows have in common precedence over a guess, and leave out the rest where that was said.

    A heading that stands twice is never left out for the sake of the other: somebody has to say which is meant.
    """
    name, heading = columns[at], run.headings[at].casefold()
    if name in matched.fixed and heading not in {said.strip().casefold() for said in matched.said}:
        name = None
    twins = [other for other, text in enumerate(run.headings) if other != at and heading and text.casefold() == heading]
    is_open = any(columns[other] not in (None, matching.IGNORED) for other in twins)
    return matching.IGNORED if name is None and matched.leaves_rest and not is_open else name


def _imported(context: Context, run: ImportRun) -> ImportRun:
    """Import what was checked; where an import of the same file was broken off, go on with that one."""
    with unit.reading(context) as bound:
        broken_off = runs.find_broken_off(bound, run)
    if broken_off is None:
        runs.start(context, run.id, by_job=False)
        work.apply(context, run.id)
        return _look(context, run.id)
    click.echo(
        f"An import of this file was broken off after {counted(broken_off.next_row, 'row')}. It goes on from there."
    )
    runs.cancel(context, run.id)
    work.apply(context, broken_off.id)
    return _look(context, broken_off.id)


def _look(context: Context, run_id: int) -> ImportRun:
    with unit.reading(context) as bound:
        return runs.find(bound, run_id)


def _tell(context: Context, run: ImportRun, refused_to: str | None) -> None:
    """Say what became of the file, and why rows stayed out."""
    with unit.reading(context) as bound:
        for refusal in runs.refusals(bound, run, most=SHOWN):
            click.echo(f"line {refusal.line}: {report.reasons(refusal)}", err=True)
        if run.refused > SHOWN:
            click.echo(f"and {run.refused - SHOWN} more refused rows", err=True)
        if refused_to and run.refused:
            with closing(pathlib.Path(refused_to).open("wb")) as out:
                out.writelines(report.refused_rows(bound, run))
    if run.error:
        click.echo(run.error, err=True)
    if not run.options["sure"]:
        click.echo(f"Read as {run.options['encoding']}, a guess: look at the letters with accents.", err=True)
    for told in report.sums(run):
        click.echo(told)
    click.echo(report.summary(run))

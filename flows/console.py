"""What every command shares: the screen, one-line endings, settings and the open database.

The commands themselves are in ``flows.command`` and ``flows.review_commands``.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console

from flows.settings import Settings, SettingsError, load_settings

if TYPE_CHECKING:
    from sql.database import Database

EXIT_FAILED, EXIT_USAGE = 1, 2

screen = Console(highlight=False, stderr=True)  # for people; standard output is for results


def stop(message: object, status: int = EXIT_USAGE) -> NoReturn:
    """End with one line on standard error."""
    print(f"copydesk: {' '.join(str(message).split())}", file=sys.stderr)
    raise typer.Exit(status)


def settings_or_stop() -> Settings:
    """The settings, or exit status 2 with the variable to mend."""
    try:
        return load_settings()
    except SettingsError as exc:
        stop(exc)


@contextmanager
def opened(settings: Settings, *, migrated: bool = True) -> Iterator["Database"]:
    """The database, or exit status 2 with what to mend."""
    from sql.database import DatabaseUnavailable, open_database, require_schema

    try:
        with open_database(settings.url, settings.data_folder) as database:
            if migrated:
                require_schema(database)
            yield database
    except DatabaseUnavailable as exc:
        stop(exc)


@contextmanager
def usage_errors() -> Iterator[None]:
    """What a user can mend ends with status 2 and one line."""
    from pydantic import ValidationError

    from flows.budget import BadDeadline
    from generation.channels import UnknownChannel
    from generation.engine import EngineError
    from generation.judging import CannotJudge
    from generation.prompts import PromptError
    from sql.catalogue import UnknownCampaign
    from sql.plan import NothingToPlan
    from sql.runs import UnknownRun

    try:
        yield
    except (
        BadDeadline,
        CannotJudge,
        EngineError,
        NothingToPlan,
        PromptError,
        SettingsError,
        UnknownCampaign,
        UnknownChannel,
        UnknownRun,
    ) as exc:
        stop(exc)
    except ValidationError as exc:
        stop("; ".join(f"{error['loc'][0]}: {error['msg']}" for error in exc.errors()))


Json = Annotated[bool, typer.Option("--json", help="End with one line of JSON on standard output.")]

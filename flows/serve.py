"""`copydesk serve`: the review page, and beside it the nightly deployment where there is a Prefect server.

A work pool with workers uses ``deploy/prefect.yaml`` instead.
"""

from collections.abc import Callable
from threading import Thread

from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.client.schemas.schedules import CronSchedule
from prefect.deployments.runner import RunnerDeployment
from prefect.flows import serve
from prefect.settings import get_current_settings
from prefect.types.entrypoint import EntrypointType

from flows.nightly import nightly_copy
from flows.settings import Settings, SettingsError


def has_prefect_server() -> bool:
    """Whether Prefect is configured to talk to a server of its own."""
    return bool(get_current_settings().api.url)


def nightly_deployment(settings: Settings) -> RunnerDeployment:
    """The nightly run on its schedule, one at a time. Raises SettingsError when it can't be read."""
    zone = settings.zone.key
    try:
        schedule = CronSchedule(cron=settings.schedule, timezone=zone)
    except ValueError as exc:
        raise SettingsError(f"COPYDESK_SCHEDULE: {settings.schedule!r} is no cron expression") from exc
    deployment: RunnerDeployment = nightly_copy.to_deployment(  # type: ignore[assignment]
        "nightly",
        schedules=[schedule],
        # A second run would find the database's lock taken and end; Prefect doesn't even start it.
        concurrency_limit=ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW),
        description="Writes the copy that is missing or out of date. Run it ad hoc with parameters of your own.",
        tags=["copydesk"],
        entrypoint_type=EntrypointType.MODULE_PATH,
    )
    return deployment


def serve_all(deployment: RunnerDeployment, review_page: Callable[[], None]) -> None:
    """The review page in a thread, Prefect's runner in this one, until Ctrl-C."""
    Thread(target=review_page, name="review page", daemon=True).start()
    serve(deployment, print_starting_message=False)

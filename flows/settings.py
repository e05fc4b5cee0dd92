"""Settings: every ``COPYDESK_*`` environment variable, checked once at start-up."""

import os
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from platformdirs import user_data_path
from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from generation.engine import SHIPPED_MODEL, EngineOptions


class SettingsError(ValueError):
    """A setting that can't be used; the message names the variable and the mend."""


class Settings(BaseSettings):
    """Read from the environment, then from a ``.env`` file in the working folder."""

    model_config = SettingsConfigDict(env_prefix="COPYDESK_", env_file=".env", extra="ignore", env_ignore_empty=True)

    database_url: SecretStr | None = Field(None, description="PostgreSQL 15 or newer; unset: the embedded one")
    data_folder: Annotated[Path, AfterValidator(Path.expanduser)] = Field(
        default_factory=lambda: user_data_path("copydesk"),
        description="where the embedded PostgreSQL and the embedded Prefect keep their files",
    )
    products_relation: str | None = Field(None, description="your own products view, for `copydesk init`")
    segments_relation: str | None = Field(None, description="your own segments view, for `copydesk init`")
    segment_floor: int = Field(100, ge=20, description="a segment of fewer people gets no copy")
    dp_epsilon: float | None = Field(
        None,
        gt=0,
        description="computed segments' sizes are noisy: differential privacy's epsilon, as `1`",
    )
    model: str = Field(str(SHIPPED_MODEL), description="a folder or a Hugging Face name; unset: the shipped demo model")
    model_revision: str | None = Field(None, description="branch, tag or commit of a Hugging Face model")
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = Field(
        "auto", description="`auto`, `float32`, `bfloat16` or `float16`"
    )
    max_model_len: int | None = Field(None, ge=256, description="tokens of prompt and output; unset: the model's own")
    max_num_seqs: int | None = Field(None, ge=1, description="sequences that run together; unset: vLLM's choice")
    kv_cache_gib: int = Field(2, ge=1, description="memory for the KV cache on a CPU, whole GiB")
    gpu_memory_utilization: float = Field(0.9, gt=0, le=1, description="share of a GPU's memory that vLLM may take")
    judge: bool = Field(
        False, description="`on`: the model also judges the copy, a fifth of its score; the shipped model can't"
    )
    tensor_parallel_size: int = Field(1, ge=1, description="GPUs that one copy of the model is spread over")
    templates: Annotated[Path, AfterValidator(Path.expanduser)] | None = Field(
        None, description="a folder of prompt templates that replace the packaged ones, as `en-US/sms.j2`"
    )
    schedule: str = Field("0 2 * * *", description="when `copydesk serve` starts the nightly run, as cron has it")
    time_zone: str = Field("UTC", description="the time zone of the schedule and of deadlines, as `America/New_York`")
    save_every: int = Field(256, ge=1, description="briefs saved in one transaction")
    review_host: str = Field("127.0.0.1", description="address that the review page listens on")
    review_port: int = Field(8000, ge=1, le=65535, description="port of the review page")

    @property
    def url(self) -> str | None:
        """The database's URL with its password, for the one place that connects."""
        return self.database_url.get_secret_value() if self.database_url else None

    @property
    def zone(self) -> ZoneInfo:
        """The time zone. Raises SettingsError when there is no such one."""
        try:
            return ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as exc:  # the last two: a path, a folder
            raise SettingsError(f"COPYDESK_TIME_ZONE: {self.time_zone!r} is no time zone") from exc

    @property
    def engine_options(self) -> EngineOptions:
        """The part of the settings that the engine is built from."""
        return EngineOptions(
            model=str(Path(self.model).expanduser()) if self.model.startswith("~") else self.model,
            revision=self.model_revision,
            dtype=self.dtype,
            max_model_len=self.max_model_len,
            max_num_seqs=self.max_num_seqs,
            kv_cache_gib=self.kv_cache_gib,
            gpu_memory_utilization=self.gpu_memory_utilization,
            tensor_parallel_size=self.tensor_parallel_size,
        )


@cache
def load_settings() -> Settings:
    """The settings of this process. Raises SettingsError, naming every variable that is wrong or unknown."""
    known = {f"COPYDESK_{name.upper()}" for name in Settings.model_fields}
    for name in sorted(name for name in os.environ if name.startswith("COPYDESK_") and name not in known):
        like = get_close_matches(name, known, n=1)
        raise SettingsError(f"{name} is no setting" + (f"; did you mean {like[0]}?" if like else ""))
    try:
        return Settings()
    except ValidationError as exc:
        lines = [f"COPYDESK_{str(error['loc'][0]).upper()}: {error['msg']}" for error in exc.errors()]
        raise SettingsError("; ".join(lines)) from exc


def prepare_prefect(settings: Settings, *, quiet: bool) -> None:
    """Set Prefect up before its first import. A user's own Prefect configuration is left as it is.

    With none (no PREFECT_API_URL, home or profile), Prefect runs by itself with its files in our data folder.
    """
    if quiet:
        os.environ.setdefault("PREFECT_LOGGING_LEVEL", "CRITICAL")  # an error comes back as an exception
        os.environ.setdefault("PREFECT_LOGGING_SERVER_LEVEL", "CRITICAL")
    os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
    os.environ.setdefault("DO_NOT_TRACK", "1")
    # Its default of 20 s is too short for a small machine, where starting takes up to 45 s.
    os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "120")
    configured = {"PREFECT_API_URL", "PREFECT_HOME", "PREFECT_PROFILE"} & os.environ.keys()
    if not configured and not (Path.home() / ".prefect" / "profiles.toml").exists():
        home = settings.data_folder / "prefect"
        home.mkdir(parents=True, exist_ok=True)
        os.environ["PREFECT_HOME"] = str(home)
        os.environ.setdefault("PREFECT_SERVER_ALLOW_EPHEMERAL_MODE", "true")
        # Not under PREFECT_HOME by itself, and its folder may not exist.
        os.environ.setdefault("PREFECT_SERVER_MEMO_STORE_PATH", str(home / "memo_store.toml"))

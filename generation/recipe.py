"""What, besides the rows in the database, decides the words of a copy: template, channel spec and model.

Its digest goes into the content key, so that a changed template or model is a changed brief.
"""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

from generation.channels import load_channel
from generation.engine import EngineError, context_length
from generation.prompts import TemplateSet

_SAMPLED_BYTES = 1 << 20


def model_revision(model: str, revision: str | None = None) -> str:
    """What identifies the weights: the hub's commit, or a digest of a local folder.

    A folder's large files are read at both ends only: enough to tell two trainings apart, and quick for 100 GB.
    Raises EngineError when there is no such model.
    """
    folder = Path(model)
    if not folder.is_dir():
        context_length(model, revision)  # says it clearly when the model isn't there
        from transformers import AutoConfig

        commit = getattr(AutoConfig.from_pretrained(model, revision=revision), "_commit_hash", None)
        return str(commit or revision or "unknown")
    digest = hashlib.sha256()
    weights = sorted(path for path in folder.iterdir() if path.suffix in {".json", ".safetensors", ".bin", ".jinja"})
    if not any(path.suffix in {".safetensors", ".bin"} for path in weights):
        raise EngineError(f"the model folder {model!r} holds no weights (*.safetensors)")
    for path in weights:
        size = path.stat().st_size
        digest.update(f"{path.name}:{size}:".encode())
        with path.open("rb") as file:
            digest.update(file.read(_SAMPLED_BYTES))
            if size > _SAMPLED_BYTES:
                file.seek(max(_SAMPLED_BYTES, size - _SAMPLED_BYTES))
                digest.update(file.read())
    return digest.hexdigest()[:16]


def recipe(channel: str, locale: str, model: str, weights: str, templates: TemplateSet) -> str:
    """The digest for one channel and locale. ``weights`` is what ``model_revision`` gave.

    Raises UnknownChannel and PromptError.
    """
    parts = [asdict(load_channel(channel)), templates.source(channel, locale), model_name(model), weights]
    return hashlib.sha256(json.dumps(parts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def model_name(model: str) -> str:
    """A model's name for people: a folder's last part, or the hub's name. The path says nothing about the words."""
    folder = Path(model)
    return folder.name if folder.is_dir() else model

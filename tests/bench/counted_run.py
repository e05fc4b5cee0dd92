"""``copydesk run --json`` that writes down how many tokens the engine has sampled, step by step, into a file.

A process of its own, for ``tests.bench.kill``: what it counted survives its being killed.
"""

import os
import sys
from pathlib import Path
from typing import Any
from unittest.mock import patch

import generation.engine
from flows.command import app


def main(file: Path) -> None:
    """Run the command, counting."""
    target = os.open(file, os.O_CREAT | os.O_TRUNC | os.O_WRONLY)
    build = generation.engine._build
    tokens = 0

    def counted(*arguments: Any) -> Any:
        built = build(*arguments)
        get_output = built.engine_core.get_output

        def counting() -> Any:
            nonlocal tokens
            outputs = get_output()
            tokens += sum(len(output.new_token_ids) for output in outputs.outputs)
            os.pwrite(target, f"{tokens:20}".encode(), 0)
            return outputs

        built.engine_core.get_output = counting
        return built

    with patch.object(generation.engine, "_build", counted):
        app(["run", "--json"])


if __name__ == "__main__":
    main(Path(sys.argv[1]))

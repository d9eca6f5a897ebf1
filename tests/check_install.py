"""Check that an empty environment with requirements.txt explains a photo in 1 GB of memory.

Run it as `python tests/check_install.py`, on Linux or macOS. It downloads about 400 MB.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

ROOT = Path(__file__).parents[1]
MAX_MB = 1000
DRAW = """
import sys
from PIL import Image
from insects.datasets import load_dataset
Image.fromarray(load_dataset("drawn").part("test")[0].load()).save(sys.argv[1], quality=95)
"""


class CheckError(Exception):
    """What went wrong, in one line."""


def main() -> int:
    """Install, draw a photo, explain it; return the exit status."""
    try:
        with tempfile.TemporaryDirectory() as folder:
            check(Path(folder))
    except CheckError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def check(folder: Path) -> None:
    """Do all of it within a folder that is thrown away."""
    python = install(folder / "venv")
    environment = {name: value for name, value in os.environ.items() if name[:6] != "PYTHON"}
    environment["INSECTS_RUNS"] = str(folder / "runs")
    photo = folder / "drawn.jpg"
    run([python, "-c", DRAW, photo], environment)
    command = [python, "-m", "insects", "explain", photo, "--json"]
    output, peak = run(command, environment)
    check_explanation(output)
    print(f"peak memory {peak:.0f} MB of at most {MAX_MB}")
    if peak > MAX_MB:
        raise CheckError(f"explaining took {peak:.0f} MB of memory, more than {MAX_MB}")


def install(folder: Path) -> Path:
    """Make a virtual environment with what requirements.txt names, and return its Python."""
    started = time.monotonic()
    venv.create(folder, with_pip=True, symlinks=True)
    python = folder / "bin" / "python"
    options = ["--disable-pip-version-check", "--quiet", "-r", "requirements.txt"]
    run([python, "-m", "pip", "install", *options], dict(os.environ))
    size = sum(f.stat().st_size for f in folder.rglob("*") if f.is_file() and not f.is_symlink())
    print(f"installed {size / 1e6:.0f} MB in {time.monotonic() - started:.0f} s")
    return python


def run(command: list, environment: dict[str, str]) -> tuple[str, float]:
    """Run a command in the project's root; return what it printed and its peak memory in MB."""
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        child = subprocess.Popen(
            [str(part) for part in command],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=errors,
        )
        # This child's own usage: getrusage would give the most of all children, pip among them.
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        if child.returncode != 0:
            said = errors.read().strip().splitlines()
            name = " ".join(str(part) for part in command[1:4] if part != DRAW)
            last = said[-1] if said else "it said nothing"
            raise CheckError(f"python {name} … failed with {child.returncode}: {last}")
        # Kilobytes on Linux, bytes on macOS.
        return output.read(), usage.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e6 / 1024)


def check_explanation(output: str) -> None:
    """Check that values and base values add up to the probabilities."""
    try:
        found = json.loads(output)
        for i, probability in enumerate(found["probabilities"]):
            total = found["base_values"][i] + sum(row[i] for row in found["shap_values"])
            if abs(total - probability) > 1e-4:
                raise CheckError(f"the values add up to {total:.4f}, not to {probability:.4f}")
    except (ValueError, KeyError, IndexError) as error:
        raise CheckError(f"the explanation is not what was expected: {error!r}") from None


if __name__ == "__main__":
    sys.exit(main())

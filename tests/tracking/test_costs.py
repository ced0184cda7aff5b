import subprocess
import sys

from hairline.tracking import costs

PROGRAM = """
from hairline.tracking import costs
before = costs.peak_memory_mb()
held = bytearray(b"x") * {mb} * 2**20
del held
print(costs.peak_memory_mb() - before)
"""


def _grown(mb: int) -> int:
    done = subprocess.run([sys.executable, "-c", PROGRAM.format(mb=mb)], check=True, capture_output=True, text=True)
    return int(done.stdout)


def test_the_peak_remains_when_memory_is_given_back() -> None:
    assert 280 <= _grown(300) <= 340


def test_a_child_that_is_over_counts() -> None:
    subprocess.run([sys.executable, "-c", "x = bytearray(b'x') * 900 * 2**20"], check=True)
    assert (costs.peak_memory_mb() or 0) >= 900

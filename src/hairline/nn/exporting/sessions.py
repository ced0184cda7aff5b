"""ONNX files as onnxruntime opens them; no torch here."""

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hairline.errors import HairlineError

IMAGE, SCORES = "image", "scores"
"""Names of what goes into an exported segmenter and of what comes out."""

SIGNATURE = ({IMAGE: ("tensor(uint8)", 3)}, {SCORES: ("tensor(float)", 2)})
"""What goes in and out: name → type and number of axes."""

PROVIDERS: tuple[tuple[str, dict[str, str]], ...] = (
    ("CUDAExecutionProvider", {"use_tf32": "0", "cudnn_conv_algo_search": "HEURISTIC"}),  # 32 bit; quick at new sizes
    ("CPUExecutionProvider", {}),
)
"""Where exported segmenters run, the first that onnxruntime has."""

FATAL = 4
"""The level of onnxruntime's own messages that are shown."""


class Session:
    """An exported segmenter, opened.

    Attributes:
        properties: What its file tells of it.
        providers: Where it runs, as onnxruntime calls it.
        signature: What goes in and out; :data:`SIGNATURE` of a segmenter.
    """

    def __init__(self, file: Path, threads: int | None = None) -> None:
        """Open a file on the GPU where onnxruntime has one, else on processors.

        Args:
            file: The ONNX file.
            threads: On processors; None is :func:`usual_threads`.

        Raises:
            HairlineError: If onnxruntime cannot open the file.
        """
        import onnxruntime as runtime  # a third of a second, which those who only read names need not wait

        self._file = file
        options = runtime.SessionOptions()
        options.intra_op_num_threads = usual_threads() if threads is None else threads
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # idle threads leave cores to others
        options.log_severity_level = FATAL
        have = runtime.get_available_providers()
        chosen = [each for each in PROVIDERS if each[0] in have]
        try:
            self._session = runtime.InferenceSession(str(file), options, providers=chosen)
        except Exception as error:  # onnxruntime has a dozen classes of its own, none of them public
            raise HairlineError(
                f"{file}: onnxruntime {runtime.__version__} cannot open it ({_first_line(error)}); expected a network "
                "that 'hairline export' wrote; export it again, or install a newer onnxruntime"
            ) from None
        self.properties: dict[str, str] = dict(self._session.get_modelmeta().custom_metadata_map)
        self.providers: list[str] = self._session.get_providers()
        self.signature = (_shapes(self._session.get_inputs()), _shapes(self._session.get_outputs()))

    def scores(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Scores of crack, float32 [height, width] in [0, 1], of an image RGB uint8 [height, width, 3] of any size.

        Raises:
            HairlineError: If onnxruntime fails, for want of memory for example.
        """
        try:
            found: NDArray[np.float32] = self._session.run([SCORES], {IMAGE: np.ascontiguousarray(image)})[0]
        except Exception as error:  # as above
            height, width = image.shape[:2]
            raise HairlineError(
                f"{self._file}: onnxruntime failed on {height}x{width} px ({_first_line(error)}); expected scores; use "
                "the folder that it was exported from, or smaller images where memory is short"
            ) from None
        return found


def usual_threads() -> int:
    """Threads that work is shared among: OMP_NUM_THREADS, else the cores that this process may use."""
    told = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0].strip()
    if told.isdecimal() and int(told) > 0:
        return int(told)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _shapes(values: Any) -> dict[str, tuple[str, int]]:
    """Name → type and number of axes."""
    return {value.name: (value.type, len(value.shape)) for value in values}


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]

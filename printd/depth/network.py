"""An ONNX network, loaded and run on the processor: the only place that knows the runtime.

Loaded in a compute child only. Every word of the runtime becomes a sentence of ours.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from printd.core.errors import DepthMissing, DepthUnfit, PrintdError
from printd.depth.weights import INSTALL

if TYPE_CHECKING:
    import onnxruntime

FLOATS: Final[Mapping[str, type[np.floating]]] = MappingProxyType(
    {"tensor(float)": np.float32, "tensor(float16)": np.float16}
)
NO_DEPTH: Final = ("conf", "focal", "fov", "sky", "mask", "pose", "extrin", "intrin", "normal")
FATAL: Final = 4  # what is less severe arrives as an exception anyway
NO_MEMORY: Final = ("bad_alloc", "allocate memory", "bad allocation", "std::length_error")


class Network:
    """A network that is shown one picture and says one number for each point of it."""

    def __init__(self, path: Path, output: str | None, threads: int) -> None:
        """Load a network.

        Args:
            path: the file; its weights were checked before.
            output: which of its outputs is the depth; None: the one that looks like it.
            threads: how many it may use.

        Raises:
            DepthMissing: the runtime is not installed.
            DepthUnfit: the file is no network, or one with other inputs or outputs.
        """
        self._file = path.name
        with self._translated("cannot be loaded"):
            self._session = _session(path, threads)
        self._input, self._shape, self._dtype = self._picture_input()
        self._output = self._depth_output(output)

    @property
    def height(self) -> int | None:
        """Rows that it takes; None: as many as there are."""
        return self._shape[-2]

    @property
    def width(self) -> int | None:
        """Columns that it takes; None: as many as there are."""
        return self._shape[-1]

    def run(self, planes: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return what the network says.

        Args:
            planes: (3, height, width).

        Returns:
            (rows, cols) float32, not always of the size that it was shown.

        Raises:
            DepthUnfit: it fails, or says something else.
        """
        ones = (1,) * (len(self._shape) - planes.ndim)
        picture = planes.reshape(ones + planes.shape).astype(self._dtype)
        with self._translated("failed on the picture"):
            (said,) = self._session.run([self._output], {self._input: picture})
        said = np.asarray(said)
        if said.ndim < 2 or math.prod(said.shape[:-2]) != 1 or min(said.shape[-2:]) < 2:
            raise DepthUnfit(
                f"The output {self._output!r} of {self._file} has the shape {said.shape}, "
                "which is no map of one number for each point."
            )
        return said.reshape(said.shape[-2:]).astype(np.float32)

    def _picture_input(self) -> tuple[str, list[int | None], type[np.floating]]:
        inputs = self._session.get_inputs()
        if len(inputs) != 1:
            names = ", ".join(repr(one.name) for one in inputs)
            raise DepthUnfit(
                f"{self._file} has {len(inputs)} inputs ({names}); a network that sees depth has "
                "one, the picture."
            )
        (picture,) = inputs
        shape = [side if isinstance(side, int) and side > 0 else None for side in picture.shape]
        fits = len(shape) >= 4 and shape[-3] in (3, None) and picture.type in FLOATS
        if not fits or any(side not in (1, None) for side in shape[:-3]):
            raise DepthUnfit(
                f"The input {picture.name!r} of {self._file} is a {picture.type} of the shape "
                f"{picture.shape}; a picture is 1 x 3 x height x width, of fractions."
            )
        return picture.name, shape, FLOATS[picture.type]

    def _depth_output(self, wanted: str | None) -> str:
        """Return the name of the output that is the depth: by name, else the only map."""
        outputs: dict[str, Any] = {one.name: one for one in self._session.get_outputs()}
        words = ", ".join(repr(name) for name in outputs)
        if wanted is not None:
            if wanted not in outputs:
                raise DepthUnfit(f"{self._file} has no output {wanted!r}; it has {words}.")
            return wanted
        maps = [name for name, one in outputs.items() if _may_be_a_map(one.shape)]
        plain = [name for name in maps if not any(part in name.lower() for part in NO_DEPTH)]
        called = [name for name in plain if "depth" in name.lower()]
        for some in (called, plain, maps):
            if len(some) == 1:
                return some[0]
        raise DepthUnfit(
            f"None of the outputs of {self._file} is plainly the depth: {words}.",
            action="Say which under `output:` of the entry.",
        )

    @contextmanager
    def _translated(self, what: str) -> Iterator[None]:
        try:
            yield
        except PrintdError:
            raise
        except Exception as error:  # the runtime raises kinds of its own, which have no base
            words = " ".join(str(error).split()).rstrip(".")
            if isinstance(error, MemoryError) or any(part in words for part in NO_MEMORY):
                raise DepthUnfit(
                    f"The network {self._file} needs more memory than it may have.",
                    action="Raise `memory_mb` of the entry, or lower its `size_px`.",
                ) from error
            raise DepthUnfit(f"The network {self._file} {what}: {words}.") from error


def _session(path: Path, threads: int) -> onnxruntime.InferenceSession:
    try:
        import onnxruntime
    except ImportError as error:
        raise DepthMissing(
            f"The runtime of networks is not installed ({error}).",
            action=INSTALL,
        ) from error
    onnxruntime.disable_telemetry_events()
    options: Any = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = FATAL
    options.enable_cpu_mem_arena = False  # the arena grows by doubling, past the memory limit
    options.use_deterministic_compute = True
    # Threads that wait busily would take the cores of the neighbours.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(path, options, ["CPUExecutionProvider"])


def _may_be_a_map(shape: Sequence[object] | None) -> bool:
    """Tell whether an output may have rows and columns; a list of numbers has none."""
    if not shape:  # not said
        return True
    sides = shape[-2:]
    return len(shape) >= 2 and not any(isinstance(side, int) and side < 2 for side in sides)

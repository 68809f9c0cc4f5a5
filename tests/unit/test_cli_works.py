"""The limits of what a command calculates."""

import pytest

from printd.pipeline.slicing import slice_limits
from printd.slicers.find import PROBE
from printd.slicers.slicing import wall_limit_s

MANY_TRIANGLES = 1 << 40


@pytest.mark.parametrize("timeout_s", [1.0, 1900.0, 6 * 3600.0])
def test_the_slicers_own_deadline_speaks_before_the_limit_around_it(timeout_s: float) -> None:
    assert slice_limits(timeout_s).wall_s > timeout_s + PROBE.wall_s


def test_without_a_timeout_the_largest_mesh_has_its_time() -> None:
    assert slice_limits(None).wall_s > wall_limit_s(MANY_TRIANGLES) + PROBE.wall_s

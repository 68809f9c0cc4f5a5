"""Files that nobody has proven on such a printer: held before a printer is chosen."""

from dataclasses import replace

import pytest

from printd.core.config import Config
from printd.core.errors import ConfigInvalid
from printd.core.jobs import Job, State
from printd.core.shipped import shipped
from printd.pipeline.slicing import prepared_for
from printd.slicers.profiles import Profile, configured_profiles
from tests.peers.floor import GENERIC, Floor
from tests.peers.stores import clear_bed
from tests.unit.test_desk import Counter
from tests.unit.test_printing import change_facts, code_of, text_of

P1S = replace(GENERIC, machine=replace(GENERIC.machine, model="Bambu Lab P1S"))


def sliced(floor: Floor, slicer: str, profile: Profile = P1S) -> Job:
    """Return a job with a file of this slicer, made for printers of this profile."""
    job = floor.job_in(State.SLICED)
    floor.change_profile(profile)
    made_with = prepared_for(job, profile)
    verdict = {
        **job.facts["gcode"]["verdict"],
        "limits_hash": made_with.machine.limits_hash,
    }
    change_facts(floor, job, slicer=slicer, profile_hash=made_with.hash, verdict=verdict)
    return floor.store.job(job.number)


def test_what_prusa_slicer_made_for_a_bambu_printer_is_held_before_a_printer_is_chosen(
    floor: Floor,
) -> None:
    job = floor.step(sliced(floor, "prusa"))
    assert (job.state, code_of(job)) == (State.HELD, "experimental_gcode")
    assert text_of(job).startswith("G-code of PrusaSlicer for Bambu Lab P1S is an experiment")
    assert job.because is not None
    assert "printd release" in job.because.action
    assert job.printer is None


def test_it_goes_on_when_a_person_releases_it(floor: Floor) -> None:
    job = floor.step(sliced(floor, "prusa"))
    assert Counter(floor).about("release", job).values["state"] == State.SLICED
    clear_bed(floor.store)
    job = floor.step(job)
    assert (job.state, job.printer) == (State.ASSIGNED, "left")


@pytest.mark.parametrize(
    ("slicer", "profile"),
    [("orca", P1S), ("BambuStudio", P1S), ("prusa", GENERIC), ("", GENERIC)],
)
def test_what_is_proven_is_not_held(floor: Floor, slicer: str, profile: Profile) -> None:
    job = sliced(floor, slicer, profile)
    clear_bed(floor.store)
    assert floor.step(job).state is State.ASSIGNED


def test_what_loads_nothing_from_an_ams_is_configured_for_the_spool_outside() -> None:
    bambu = {
        "kind": "bambu",
        "profile": "bambu-p1s-prusa",
        "host": "left",
        "serial": "01P00A1B2C3D4E5",
        "access_code_file": "code",
        "fingerprint": "00" * 32,
    }
    printers = {"left": bambu, "right": {**bambu, "serial": "01P00A1B2C3D4E6", "spool": "external"}}
    config = Config.model_validate({"printers": printers})
    with pytest.raises(ConfigInvalid) as refused:
        configured_profiles(config, [shipped("profiles")])
    assert refused.value.problem.splitlines() == [
        "printers.left.spool: what PrusaSlicer makes loads nothing from an AMS; "
        "bambu-p1s-prusa needs `spool: external`."
    ]

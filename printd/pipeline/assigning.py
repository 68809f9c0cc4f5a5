"""SLICED → ASSIGNED: one printer is taken, under a name that no print had before."""

from __future__ import annotations

from printd.core.errors import ExperimentalGcode, GoBack, NotYet, PrintCancelled
from printd.core.jobs import Facts, Job, State
from printd.core.machine import Machine
from printd.core.matching import why_not
from printd.core.names import print_name
from printd.core.shop import needs_of
from printd.gcode.experimental import experiment_of
from printd.pipeline.at_printer import PARKED_S
from printd.pipeline.sendable import is_judged_safe, made_for
from printd.pipeline.slicing import prepared_for
from printd.pipeline.tools import Tools


def assign_printer(job: Job, tools: Tools) -> Facts:
    """Take the printer whose turn it is, under a print name never used before."""
    if job.cancel_by:
        raise PrintCancelled(f"Cancelled by {job.cancel_by} before it was started.")
    gcode = job.facts["gcode"]
    machine = _machine_made_for(job, tools)
    if machine is None:
        raise GoBack(_before(job), f"no printer has the profile {gcode['profile']} any more")
    _not_experimental(job, machine)
    printer = _turn_of(job, tools)
    profile = prepared_for(job, tools.profiles[printer])
    made = made_for(job, tools.printers[printer])
    if profile.hash != gcode["profile_hash"] or not is_judged_safe(made, profile.machine):
        raise GoBack(_before(job), "material, profile or a rule changed since it was judged")
    name = print_name(job.number, job.attempt + 1, job.name)
    return {"printer": printer, "print_name": name}


def _machine_made_for(job: Job, tools: Tools) -> Machine | None:
    """Return what the job's file is made for, if a printer still has that profile."""
    wanted = job.facts["gcode"]["profile"]
    machines = (of.machine for of in tools.profiles.values() if of.name == wanted)
    return next(machines, None)


def _not_experimental(job: Job, machine: Machine) -> None:
    """Leave it to a person whether a file is tried that nobody has proven on such a machine."""
    if ExperimentalGcode.code in job.facts.get("waived", ()):
        return
    experiment = experiment_of(str(job.facts["gcode"].get("slicer", "")), machine)
    if experiment is not None:
        raise ExperimentalGcode(experiment)


def _turn_of(job: Job, tools: Tools) -> str:
    """Return the printer that it is the job's turn at, if that can still take it."""
    turn = tools.line.take(job)
    if turn.move is not None:
        raise GoBack(_before(job), turn.move)
    offer = next((offer for offer in tools.offers() if offer.name == turn.printer), None)
    if offer is None or why_not(needs_of(job), offer) is not None:
        text = "Waiting for a printer."
        raise NotYet("waiting_for_printer", text, again_s=PARKED_S, quiet=True)
    return offer.name


def _before(job: Job) -> State:
    """Return from where a job is made ready for a printer anew."""
    return State.RECEIVED if job.given.is_gcode else State.PRINTABLE

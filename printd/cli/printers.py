"""``printd printers``: the printers, their beds, their buttons, their service."""

from __future__ import annotations

import argparse

from printd.cli.ask import ask_printer
from printd.cli.dialogue import is_somebody_there
from printd.cli.looking import looking, say_if_stopped
from printd.cli.meant import NotMeant, check_meant
from printd.cli.output import because_values, show_json, table
from printd.cli.session import Session, session
from printd.core.beds import Bed, BedState
from printd.core.errors import NoSuchPrinter, NotPossibleNow, SettingInvalid
from printd.core.jobs import Because
from printd.core.matching import Offer
from printd.core.moments import stamp

SAID = frozenset({"offline", "bed_unknown", "bed_not_clear"})  # in columns of their own


def printers(args: argparse.Namespace) -> int:
    """List the printers, or say something about one."""
    if args.act in (None, "list"):
        with looking(args) as here:
            say_if_stopped(here)
            return _list(here, as_json=args.json)
    with session(args) as here:
        if args.printer not in here.config.printers:
            known = ", ".join(here.config.printers) or "none is configured"
            raise NoSuchPrinter(f"No printer is called {args.printer!r}; there are: {known}.")
        values = {"printer": args.printer}
        if args.act == "bed-clear":
            values |= {"seen": _seen_bed(here, args)}
        if args.act == "out":
            values |= {"note": args.note}
        if args.act == "stop":
            _check_meant(here, args)
            values |= {"job": args.job, "foreign": args.foreign}
        if args.act == "load":
            _check_named(args)
            values |= {"material": args.material, "colour": args.colour}
        if args.act == "light":
            values |= {"on": args.switch == "on"}
        return ask_printer(here, args.act, values, as_json=args.json)


def _check_named(args: argparse.Namespace) -> None:
    """See whether a person has said what is loaded.

    Raises:
        SettingInvalid: not a word.
    """
    if args.material is None and args.colour is None:
        raise SettingInvalid(
            f"Nothing is said of what is loaded in {args.printer}.",
            action="Name it with `--material`, `--colour` or both.",
        )


def _check_meant(here: Session, args: argparse.Namespace) -> None:
    """Ask whether a print is to be lost.

    Raises:
        NotMeant: it is not, or nobody is there to say so.
    """
    if args.yes:
        return
    if not is_somebody_there():
        raise NotMeant(
            "Stopping loses what is printed so far; nothing was stopped.",
            action="Add `--yes` if it is to be stopped.",
        )
    row = here.fleet.get(args.printer)
    what = "the print" if row.job is None else f"#{row.job} {here.store.job(row.job).name}"
    question = f"Stop {what} on {args.printer}? What is printed so far is lost."
    check_meant(question, "Nothing was stopped.")


def _bed_words(bed: Bed) -> str:
    """Return how a bed is, and why; of a clear one, who says so since when."""
    if bed.state is not BedState.CLEAR:
        return f"bed {bed.state}: {bed.why}"
    return f"bed clear: says {bed.by}, {stamp(bed.at)}" if bed.by else "bed clear"


def _seen_bed(here: Session, args: argparse.Namespace) -> int:
    bed = here.beds.get(args.printer)
    if args.job is not None and bed.job != args.job:
        raise NotPossibleNow(
            f"The bed of {args.printer} does not hold #{args.job}: {bed.why}.",
            action="Look again, then repeat.",
        )
    return bed.revision


def _list(here: Session, *, as_json: bool) -> int:
    offers = here.offers()
    whys = here.standing(offers).printers
    if as_json:
        show_json([_as_json(offer, whys.get(offer.name)) for offer in offers])
        return 0
    table(
        (
            offer.name,
            _condition(offer),
            _bed_words(offer.row.bed) if offer.has_bed else "no bed",
            _rest(offer, whys.get(offer.name)),
        )
        for offer in offers
    )
    return 0


def _rest(offer: Offer, why: Because | None) -> str:
    """Return why a printer stands still, where that is not said by its condition or its bed."""
    if offer.row.out_of_service is not None:
        return f"out of service: {offer.row.out_of_service}"
    return why.problem if why is not None and why.code not in SAID else ""


def _condition(offer: Offer) -> str:
    status = offer.row.status
    if status is None:
        return "never seen"
    job = f" #{offer.row.job}" if offer.row.job else ""
    layer = f", layer {status.layer} of {status.layers}" if status.layer and status.layers else ""
    trouble = f": {status.trouble}" if status.trouble else ""
    return f"{status.condition}{job}{layer}{trouble}"


def _as_json(offer: Offer, why: Because | None) -> dict[str, object]:
    row = offer.row
    status = row.status
    return {
        "name": offer.name,
        "profile": offer.profile,
        "material": offer.machine.material,
        "colour": offer.colour,
        "condition": status.condition if status else None,
        "because": because_values(why) if why else None,
        "job": row.job,
        "progress": status.progress if status else None,
        "layer": status.layer if status else None,
        "layers": status.layers if status else None,
        "remaining_s": status.remaining_s if status else None,
        "bed": row.bed.state if offer.has_bed else None,
        "bed_why": row.bed.why if offer.has_bed else None,
        "bed_job": row.bed.job,
        "out_of_service": row.out_of_service,
    }

"""``printd retry``, ``cancel``, ``hold``, ``move``, ``sign-off`` …: asking the daemon."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from printd.cli.meant import check_jobs_meant
from printd.cli.output import say, show_json, show_text
from printd.cli.session import Session, session
from printd.core.errors import DaemonAway, NoSuchJob
from printd.core.holds import BEFORE_PRINTER
from printd.core.job_words import WORDS
from printd.core.jobs import State
from printd.core.order_end import OrderEnd
from printd.core.requests import Answer

ANY: Final = "any"  # printer
OBEYED_WITHIN_S: Final = 60.0  # a printer may take half a minute to answer and to obey


def ask_jobs(args: argparse.Namespace) -> int:
    """Ask the same of each job named; go on after one that is refused or is not there."""
    with session(args) as here:
        if not getattr(args, "yes", False):
            check_jobs_meant(here.store, args.verb, args.jobs)
        said = {"reason": getattr(args, "reason", None), "from": getattr(args, "begin", None)}
        more = {name: word for name, word in said.items() if word}
        answers = [_asked(here, args.verb, word, more) for word in args.jobs]
    return tell(answers, as_json=args.json)


def move(args: argparse.Namespace) -> int:
    """Give each job named a printer, or a place in line; the first named stands first."""
    with session(args) as here:
        if args.to is not None:
            to = None if args.to == ANY else args.to
            answers = [_asked(here, "move", word, {"to": to}) for word in args.jobs]
        else:
            before = _place(here, args)
            # Each is put first, the first named last: they keep the order they are named in.
            words = [*reversed(args.jobs)] if before == "first" else args.jobs
            answers = [_asked(here, "reorder", word, {"before": before}) for word in words]
    return tell(answers, as_json=args.json)


def _place(here: Session, args: argparse.Namespace) -> str | int:
    if args.before is not None:
        return here.store.find(args.before).number
    return "first" if args.first else "last"


def copies(args: argparse.Namespace) -> int:
    """Say how many pieces are wanted of a job."""
    with session(args) as here:
        answers = [_asked(here, "copies", args.job, {"copies": args.copies})]
    return tell(answers, as_json=args.json)


def sign_off(args: argparse.Namespace) -> int:
    """Say how a printed piece has turned out."""
    said = {"word": args.word, "good": args.good, "reason": args.reason, "note": args.note}
    with session(args) as here:
        if args.bed_clear:
            said["bed_clear"] = _bed_seen(here, args.job)
        answers = [_asked(here, "sign-off", args.job, said)]
    return tell(answers, as_json=args.json)


def _bed_seen(here: Session, word: str) -> int | None:
    """Return the revision of the bed that a job was printed on; None: there is none."""
    bed = here.beds.all().get(here.store.find(word).printer or "")
    return None if bed is None else bed.revision


def _asked(here: Session, verb: str, word: str, more: Mapping[str, Any]) -> Answer:
    try:
        job = here.store.find(word)
        asked = {"job": job.number, "seen": job.revision, **more}
        if verb == "start-anyway":
            why = here.reasons().get(job.number)
            asked["code"] = why.code if why else ""
        # What was seen of a bed is not true for long: nobody keeps it for later.
        answer = here.ask(verb, asked, keep="bed_clear" not in asked)
    except (NoSuchJob, DaemonAway) as error:
        words = {"problem": error.problem, "action": error.action, "exit_code": error.exit_code}
        return Answer(error.code, {"asked_of": word, **words})
    if answer.code is None and answer.values["job"] != job.number:
        return replace(answer, values={**answer.values, "again_of": job.number})
    return answer


def resolve(args: argparse.Namespace) -> int:
    """Tell the daemon what became of a job in doubt."""
    with session(args) as here:
        job = here.store.find(args.job)
        asked = {"job": job.number, "seen": job.revision, "outcome": args.outcome}
        of_order = {"order": args.order} if args.outcome in tuple(OrderEnd) else {}
        answer = here.ask("resolve-order" if of_order else "resolve", {**asked, **of_order})
    return tell([answer], as_json=args.json)


def pay(args: argparse.Namespace) -> int:
    """Agree to what the next order of each job named costs."""
    with session(args) as here:
        if not args.yes:
            check_jobs_meant(here.store, "pay", args.jobs, args.up_to)
        more = {} if args.up_to is None else {"amount": args.up_to}
        answers = [_asked(here, "pay", word, more) for word in args.jobs]
    return tell(answers, as_json=args.json)


def choose(args: argparse.Namespace) -> int:
    """Choose one of the shapes of a job."""
    with session(args) as here:
        answers = [_asked(here, "choose", args.job, {"number": args.number})]
    return tell(answers, as_json=args.json)


def ask_printer(here: Session, verb: str, values: Mapping[str, Any], *, as_json: bool) -> int:
    """Ask something of a printer and tell the answer."""
    answer = here.ask(verb, dict(values), keep=False, within_s=OBEYED_WITHIN_S)
    return tell([answer], as_json=as_json)


def tell(answers: list[Answer], *, as_json: bool) -> int:
    """Say what came of each request; return the exit code."""
    code = 0
    if as_json:
        show_json([{"code": answer.code, **answer.values} for answer in answers])
    for answer in answers:
        values = answer.values
        if answer.code is not None:
            of = f"{values['asked_of']}: " if "asked_of" in values and len(answers) > 1 else ""
            say(f"{of}{values['problem']}\n→ {values['action']}  [{answer.code}]")
            code = max(code, int(values.get("exit_code", 1)))
        elif not as_json:
            show_text(_words(values))
    return code


def _words(values: Mapping[str, Any]) -> str:
    if "job" in values:
        asked = "; the printer is told to stop" if values.get("asked") else ""
        again = f", again of #{values['again_of']}" if "again_of" in values else ""
        also = _also(values)
        if values["state"] in BEFORE_PRINTER and not again + also:
            now = "" if values["state"] == State.RECEIVED else f": {WORDS[values['state']]}"
            return f"#{values['job']} goes on{now}"
        return f"#{values['job']} is {values['state']}{again}{asked}{also}"
    if "changed" in values:
        later = values["after_restart"]
        said = f"Reloaded: {', '.join(values['changed']) or 'nothing has changed'}."
        return f"{said} After a restart only: {', '.join(later)}." if later else said
    if "queue" in values:
        by = f" by {values['by']}" if "by" in values else ""
        return f"The queue is {values['queue']}{by}."
    if "bed" in values:
        return f"The bed of {values['printer']} is {values['bed']}."
    if "loaded" in values:
        return f"{values['printer']} has {values['loaded']} loaded."
    if "told" in values:
        return f"{values['printer']} is told {values['told']}."
    note = values.get("out_of_service")
    return f"{values['printer']} is {'out of service: ' + note if note else 'in service'}."


def _also(values: Mapping[str, Any]) -> str:
    """Return what beside its state is true of a job now."""
    if "sign_off" in values:
        bed = f"; the bed of {values['printer']} is {values['bed']}" if "bed" in values else ""
        return f", {values['sign_off']}{bed}"
    if "copies" in values:
        return f"; {values['copies']} are wanted of it"
    if "to" in values:
        return f"; {values['to'] or 'any printer'} may print it"
    if "place" in values:
        return f"; it is number {values['place']} in line"
    return "; its files are deleted" if values.get("forgotten") else ""

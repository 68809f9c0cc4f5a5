"""What can be typed about jobs and their queue."""

from __future__ import annotations

import argparse
from typing import Any, Final

from printd.cli.parsing import Parser, act, command
from printd.cli.setting_flags import PRINT_FLAGS, RELIEF_FLAGS, add_setting_flags
from printd.core.jobs import State
from printd.core.order_end import OrderEnd
from printd.core.signing import REASONS, Word

OUTCOMES: Final = ("printing", "printed", "failed", "not-started", *OrderEnd)
STEPS: Final = ("picture", "mesh", "check", "slice", "print")
YES: Final = "do not ask at a terminal whether it is meant"
VERBS: Final = (
    ("retry", "let a stopped job go on, or make a failed one again", ""),
    ("cancel", "cancel jobs, also at the printer", "reason"),
    ("hold", "stop jobs before they are printed", "reason"),
    ("release", "let held jobs go on", ""),
    ("approve", "let jobs go on whose recipe wants a person to look first", ""),
    ("send-back", "refuse jobs that wait for approval, and say why", "reason!"),
    ("again", "print jobs once more, as new jobs", ""),
    ("start-anyway", "overrule why jobs wait: opening hours, a paused queue, little filament", ""),
    ("forget", "delete the photos and files of jobs that are over", ""),
)


def add_jobs(commands: Any) -> None:
    """Add the commands about jobs."""
    _add(commands)
    _reading(commands)
    for verb, words, reason in VERBS:
        parser = command(commands, verb, "ask:ask_jobs", words, f"{verb} 41")
        parser.add_argument("jobs", nargs="+", metavar="JOB")
        if reason:
            must = reason.endswith("!")
            parser.add_argument("--reason", required=must, metavar="TEXT", help="why; it is shown")
        if verb in ("retry", "again"):
            parser.add_argument(
                "--from", dest="begin", choices=STEPS, help="what came before is kept"
            )
        if verb in ("cancel", "forget"):
            parser.add_argument("--yes", action="store_true", help=YES)
        parser.set_defaults(verb=verb)
    _placing(commands)
    _judging(commands)
    _ordering(commands)


def add_queue(commands: Any) -> None:
    """Add the commands about the queue as a whole."""
    queue = command(
        commands, "queue", "queue:queue", "show, pause and resume the queue", "queue pause"
    )
    acts = queue.add_subparsers(dest="act", metavar="show|pause|resume")
    act(acts, "show", "show the line of jobs")
    pause = act(acts, "pause", "start nothing new; what prints goes on")
    pause.add_argument("--note", default="", help="why; everybody sees it")
    act(acts, "resume", "let the queue go on")


def _add(commands: Any) -> None:
    for name, words in (
        ("add", "hand in pictures, meshes or G-code"),
        ("submit", "hand in pictures, meshes or G-code (the same as `add`)"),
    ):
        add = command(
            commands,
            name,
            "add:add",
            words,
            f"{name} mia.jpg --width-mm 60",
        )
        add.add_argument("paths", nargs="*", metavar="PATH", help="files; what they hold decides")
        add.add_argument("--prompt", metavar="TEXT", help="words from which a picture is drawn")
        add.add_argument("--recipe", default="default", help="what is made of it (default)")
        add.add_argument("--name", help="what to call it")
        add.add_argument("--copies", type=int, metavar="N", help="so many pieces, each a job")
        add.add_argument("--printer", metavar="NAME", help="only this one may print it")
        add.add_argument("--hold", action="store_true", help="wait for `printd release`")
        add.add_argument("--wait", action="store_true", help="wait until it is printed, or stops")
        add.add_argument("--key", help="the same key again is the same job")
        add.add_argument(
            "--material", metavar="WORD", help="a printer with it loaded takes the job"
        )
        add.add_argument("--colour", metavar="WORD", help="likewise: white, or one such as #1E50D0")
        add.add_argument(
            "--consent", metavar="SUM", help="so much may be paid to services for each, unasked"
        )
        which = add.add_mutually_exclusive_group()
        which.add_argument("--draft", action="store_true", help="a quick shape to look at first")
        which.add_argument(
            "--final", action="store_true", help="the real shape at once (as without a word)"
        )
        beside_flags(add)
        add_setting_flags(add, RELIEF_FLAGS)
        add_setting_flags(add, PRINT_FLAGS)


def beside_flags(parser: Parser) -> None:
    """Take the files that are given beside a picture."""
    words = "picture of the subject, white on black"
    parser.add_argument("--mask-file", metavar="FILE", help=words)
    parser.add_argument("--depth-file", metavar="FILE", help="a depth picture or .npy of the photo")


def _reading(commands: Any) -> None:
    jobs = command(commands, "jobs", "jobs:jobs", "list and find jobs", "jobs --search mia")
    jobs.add_argument(
        "--state",
        action="append",
        default=[],
        choices=[str(state) for state in State],
        help="only these (repeatable)",
    )
    jobs.add_argument(
        "--search", default="", metavar="TEXT", help="in name, recipe, printer, owner"
    )
    jobs.add_argument("--printer", metavar="NAME", help="printed or to be printed on it")
    jobs.add_argument("--owner", metavar="WHO", help="whose they are")
    jobs.add_argument("--since", metavar="WHEN", help="as 2026-05-03, 7d, 12h: moved since then")
    jobs.add_argument("--limit", type=int, metavar="N", help="the newest so many")
    watch_flags(jobs)
    show = command(commands, "show", "jobs:show", "show one job", "show last --files out/")
    show.add_argument("job", help="number, start of the id, or `last`")
    show.add_argument("--log", action="store_true", help="with the slicer's own words")
    show.add_argument("--files", metavar="DIR", help="copy its files there")
    costs = command(
        commands, "costs", "costs:costs", "add up prints, hours, grams, money", "costs --by month"
    )
    costs.add_argument("--since", metavar="WHEN", help="as 2026-05-03, 7d: ended since then")
    costs.add_argument("--services", action="store_true", help="list what services were paid for")
    costs.add_argument(
        "--by",
        choices=("month", "day", "printer", "recipe", "owner", "material", "reason"),
        default="month",
        help="reason: why pieces were bad, or never made; default: month",
    )


def watch_flags(parser: argparse.ArgumentParser) -> None:
    """Take the wish to see it again and again."""
    parser.add_argument("--watch", action="store_true", help="show it again when it changes")


def _placing(commands: Any) -> None:
    move = command(
        commands, "move", "ask:move", "give jobs a printer or a place in line", "move 41 --to mk4"
    )
    move.add_argument("jobs", nargs="+", metavar="JOB")
    where = move.add_mutually_exclusive_group(required=True)
    where.add_argument("--to", metavar="PRINTER", help="only this one may print them; `any`: any")
    where.add_argument("--first", action="store_true", help="to the beginning of the line")
    where.add_argument("--last", action="store_true", help="to its end")
    where.add_argument("--before", metavar="JOB", help="before that one")
    copies = command(
        commands, "copies", "ask:copies", "say how many pieces are wanted of a job", "copies 41 3"
    )
    copies.add_argument("job", metavar="JOB")
    copies.add_argument("copies", type=int, metavar="N", help="altogether")


def _judging(commands: Any) -> None:
    resolve = command(
        commands,
        "resolve",
        "ask:resolve",
        "say what became of a job in doubt",
        "resolve 41 printed",
    )
    resolve.add_argument("job", metavar="JOB")
    resolve.add_argument("outcome", choices=[str(word) for word in OUTCOMES])
    resolve.add_argument("--order", metavar="ID", help="of an accepted order, at the service")
    sign = command(
        commands, "sign-off", "ask:sign_off", "say how a piece has turned out", "sign-off 41 good"
    )
    sign.add_argument("job", metavar="JOB")
    sign.add_argument("word", choices=[str(word) for word in Word])
    sign.add_argument("--good", type=int, metavar="N", help="so many of those on the bed")
    sign.add_argument("--reason", choices=REASONS, help="what was wrong")
    sign.add_argument("--note", metavar="TEXT")
    sign.add_argument("--bed-clear", action="store_true", help="its bed is clear, too")


def _ordering(commands: Any) -> None:
    """Take what is said about orders at services."""
    pay = command(
        commands, "pay", "ask:pay", "agree to the price of an order at a service", "pay 41"
    )
    pay.add_argument("jobs", nargs="+", metavar="JOB")
    pay.add_argument("--up-to", metavar="SUM", help="default: what the next order costs")
    pay.add_argument("--yes", action="store_true", help=YES)
    choose = command(
        commands, "choose", "ask:choose", "print one of the shapes of a job", "choose 41 2"
    )
    choose.add_argument("job", metavar="JOB")
    choose.add_argument("number", type=int, metavar="NUMBER", help="of the shape, from 1 on")
    final = command(
        commands, "final", "ask:ask_jobs", "order the final shape of drafts", "final 41"
    )
    final.add_argument("jobs", nargs="+", metavar="JOB")
    final.set_defaults(verb="final")

"""How the scripted Bambu printer is to misbehave; all off, it is at its best.

A test changes fields while the printer runs. ``None`` for a time takes the model's own.
"""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Quirks:
    """Faults and habits that were seen on real printers.

    Attributes:
        developer_mode: off, it refuses each ``print`` command.
        refuses_barely: a refusal is a bare echo and an HMS message, without ``result``.
        drops: commands by name, and how many of each still vanish without an answer.
        echo_after_s: real seconds before an answer leaves.
        starts_silently: it starts and never answers.
        never_starts: it answers success and forgets the start.
        never_active: it shows our ids and never becomes active.
        hides_ids: reports show no id of a start, only its names.
        identity_after_s: printer's seconds from a start to its ids in the reports.
        prepare_after_s: printer's seconds from a start to PREPARE.
        heats_for_s: printer's seconds in PREPARE.
        hangs_without_blocks: G-code without the comment blocks is never unpacked.
        parses_alone: a client that connects while it takes a job spoils the job: 0500_4003 (with
            ``Speaker`` only, which says who comes).
        upgrading: it installs firmware and takes no job.
        doubles_reports: each report comes twice.
        swaps_reports: each second report comes before the first.
        bad_bytes: reports hold a byte that is no UTF-8.
        padding: bytes that each full report is longer.
        silent: no report leaves any more.
        truncates_to: an upload keeps this many bytes, and is answered 226.
        breaks_off_at: the data connection is cut after so many bytes: 426.
        stalls_at: of protected data nothing is read any more after so many bytes.
        lies_426: a whole upload is answered 426.
        late_226_s: real seconds before the answer to an upload.
        refuses_size: SIZE is not known to it.
        refuses_store: STOR is answered 553 whatever the card says.
        refuses_delete: DELE is answered 450.
        reuses_session: the data channel must resume the TLS session of the control channel.
        refuses_clear_data: PROT C is not enough.
    """

    developer_mode: bool = True
    refuses_barely: bool = False
    drops: dict[str, int] = field(default_factory=dict)
    echo_after_s: float = 0.0
    starts_silently: bool = False
    never_starts: bool = False
    never_active: bool = False
    hides_ids: bool = False
    identity_after_s: float = 0.0
    prepare_after_s: float | None = None
    heats_for_s: float = 20.0
    hangs_without_blocks: bool = True
    parses_alone: bool = False
    upgrading: bool = False

    doubles_reports: bool = False
    swaps_reports: bool = False
    bad_bytes: bool = False
    padding: int = 0
    silent: bool = False

    truncates_to: int | None = None
    breaks_off_at: int | None = None
    stalls_at: int | None = None
    lies_426: bool = False
    late_226_s: float = 0.0
    refuses_size: bool = False
    refuses_store: bool = False
    refuses_delete: bool = False
    reuses_session: bool = True
    refuses_clear_data: bool = True

    def drop(self, command: str) -> bool:
        """Whether this command vanishes; counts it."""
        left = self.drops.get(command, 0)
        if left:
            self.drops[command] = left - 1
        return left > 0

"""The tables, as numbered migrations; ``PRAGMA user_version`` says how many have run.

A migration that has been released is never edited: the next change is the next number.
"""

from __future__ import annotations

from typing import Final

FIRST: Final = """
CREATE TABLE job (
    number     INTEGER PRIMARY KEY AUTOINCREMENT,
    id         TEXT NOT NULL UNIQUE,
    state      TEXT NOT NULL,
    revision   INTEGER NOT NULL DEFAULT 0,
    name       TEXT NOT NULL,
    recipe     TEXT NOT NULL,
    settings   TEXT NOT NULL,
    sha256     TEXT NOT NULL,
    created_at TEXT NOT NULL,
    moved_at   TEXT NOT NULL,
    printer    TEXT,
    print_name TEXT UNIQUE,
    attempt    INTEGER NOT NULL DEFAULT 0,
    in_doubt   INTEGER NOT NULL DEFAULT 0,
    held_from  TEXT,
    code       TEXT,
    problem    TEXT,
    action     TEXT,
    cancel_by  TEXT,
    tries      INTEGER NOT NULL DEFAULT 0,
    tried_at   TEXT,
    due_at     TEXT,
    again_of   INTEGER REFERENCES job(number),
    add_key    TEXT UNIQUE,
    facts      TEXT NOT NULL DEFAULT '{}'
);
CREATE INDEX job_by_state ON job(state);
CREATE INDEX job_by_bytes ON job(sha256);
CREATE UNIQUE INDEX one_job_per_printer ON job(printer)
    WHERE state IN ('assigned', 'uploaded', 'printing') OR in_doubt;

CREATE TABLE event (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    at      TEXT NOT NULL,
    kind    TEXT NOT NULL,
    job     INTEGER,
    printer TEXT,
    before  TEXT,
    after   TEXT,
    code    TEXT,
    text    TEXT NOT NULL DEFAULT '',
    who     TEXT NOT NULL DEFAULT 'printd'
);
CREATE INDEX event_by_job ON event(job);

CREATE TABLE mark (
    job        INTEGER NOT NULL REFERENCES job(number),
    step       TEXT NOT NULL,
    attempt    INTEGER NOT NULL,
    key        TEXT NOT NULL,
    began_at   TEXT NOT NULL,
    began_boot REAL NOT NULL,
    boot_id    TEXT NOT NULL,
    before     TEXT,
    outcome    TEXT,
    evidence   TEXT,
    PRIMARY KEY (job, step, attempt)
) WITHOUT ROWID;

CREATE TABLE drop_taken (
    fingerprint TEXT PRIMARY KEY,
    at          TEXT NOT NULL,
    job         INTEGER REFERENCES job(number),
    code        TEXT,
    problem     TEXT
) WITHOUT ROWID;

CREATE TABLE printer (
    name           TEXT PRIMARY KEY,
    bed            TEXT NOT NULL DEFAULT 'unknown',
    bed_revision   INTEGER NOT NULL DEFAULT 0,
    bed_job        INTEGER,
    bed_why        TEXT NOT NULL DEFAULT 'it has never been seen',
    bed_by         TEXT,
    bed_at         TEXT NOT NULL,
    bed_boot_id    TEXT NOT NULL,
    out_of_service TEXT,
    condition      TEXT,
    print_name     TEXT,
    progress       REAL,
    layer          INTEGER,
    layers         INTEGER,
    remaining_s    REAL,
    trouble        TEXT,
    seen_at        TEXT
) WITHOUT ROWID;

CREATE TABLE request (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    at      TEXT NOT NULL,
    who     TEXT NOT NULL,
    verb    TEXT NOT NULL,
    args    TEXT NOT NULL,
    done_at TEXT,
    code    TEXT,
    answer  TEXT
);
CREATE INDEX request_open ON request(seq) WHERE done_at IS NULL;
"""

# What a printer has loaded and fitted, when it was started last; whose turn a job is.
LOADED: Final = """
ALTER TABLE printer ADD COLUMN spools TEXT;
ALTER TABLE printer ADD COLUMN nozzles_mm TEXT NOT NULL DEFAULT '[]';
ALTER TABLE printer ADD COLUMN fault TEXT;
ALTER TABLE printer ADD COLUMN started_at TEXT;
ALTER TABLE job ADD COLUMN priority INTEGER NOT NULL DEFAULT 0;
ALTER TABLE job ADD COLUMN confirmed_at TEXT;
"""

# Whose a job is and where it came from, what people have said of it; what stands for the house.
PEOPLE: Final = """
ALTER TABLE job ADD COLUMN owner TEXT NOT NULL DEFAULT '';
ALTER TABLE job ADD COLUMN source TEXT NOT NULL DEFAULT '';
ALTER TABLE job ADD COLUMN wanted_printer TEXT;
ALTER TABLE job ADD COLUMN copy_of INTEGER REFERENCES job(number);
ALTER TABLE job ADD COLUMN sign_off TEXT;
ALTER TABLE job ADD COLUMN files_gone_at TEXT;
ALTER TABLE job ADD COLUMN copies INTEGER NOT NULL DEFAULT 1;
UPDATE job SET owner = coalesce((SELECT who FROM event WHERE event.job = job.number
    AND kind = 'job.accepted' ORDER BY seq LIMIT 1), '');
CREATE INDEX job_words ON job(number, state, name, recipe, printer, owner, source, moved_at);
CREATE INDEX job_by_group ON job(copy_of) WHERE copy_of IS NOT NULL;
CREATE INDEX job_with_copies ON job(number) WHERE copies > 1;
CREATE TABLE standing (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL,
    at    TEXT NOT NULL,
    who   TEXT NOT NULL
) WITHOUT ROWID;
"""

# What one person, key or visit has had lately.
OWNERS: Final = "CREATE INDEX job_by_owner ON job(owner, created_at);"

# Who may use the API; what was uploaded under a key of its own, so that it is one job.
KEYS: Final = """
CREATE TABLE api_key (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    owner      TEXT NOT NULL,
    scope      TEXT NOT NULL,
    sha256     TEXT NOT NULL,
    created_at TEXT NOT NULL,
    created_by TEXT NOT NULL,
    expires_at TEXT,
    revoked_at TEXT,
    used_at    TEXT
) WITHOUT ROWID;
CREATE UNIQUE INDEX api_key_name ON api_key(name) WHERE revoked_at IS NULL;
CREATE TABLE upload (
    add_key TEXT PRIMARY KEY,
    sha256  TEXT NOT NULL,
    request INTEGER NOT NULL,
    at      TEXT NOT NULL
) WITHOUT ROWID;
"""

# What services were asked for: one row for each order that costs something. Its price is reserved
# in the transaction that marks the order as begun.
ORDERS: Final = """
CREATE TABLE service_order (
    job        INTEGER NOT NULL REFERENCES job(number),
    attempt    INTEGER NOT NULL,
    mesher     TEXT NOT NULL,
    owner      TEXT NOT NULL,
    price_cents   INTEGER NOT NULL,
    currency   TEXT NOT NULL,
    state      TEXT NOT NULL,
    at         TEXT NOT NULL,
    settled_at TEXT,
    service_id TEXT,
    PRIMARY KEY (job, attempt)
) WITHOUT ROWID;
CREATE INDEX service_order_by_time ON service_order(at);
"""

# Who may log in, and where they are logged in; the tickets of visitors of the kiosk.
PAGES: Final = """
CREATE TABLE person (
    name       TEXT PRIMARY KEY,
    scope      TEXT NOT NULL,
    password   TEXT NOT NULL,
    created_at TEXT NOT NULL,
    created_by TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE login (
    sha256     TEXT PRIMARY KEY,
    person     TEXT NOT NULL,
    scope      TEXT NOT NULL,
    began_at   TEXT NOT NULL,
    expires_at TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE ticket (
    sha256       TEXT PRIMARY KEY,
    job          INTEGER NOT NULL REFERENCES job(number),
    delete_photo INTEGER NOT NULL,
    made_at      TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX ticket_by_job ON ticket(job);
"""

# What a ticket lets everybody see; the jobs that were made of its job.
TICKETS: Final = """
ALTER TABLE ticket ADD COLUMN shown_name TEXT NOT NULL DEFAULT '';
CREATE INDEX job_by_again ON job(again_of) WHERE again_of IS NOT NULL;
"""

# What a person says is loaded in a printer, and what the configuration said of that then.
WORDS: Final = """
ALTER TABLE printer ADD COLUMN loaded_material TEXT;
ALTER TABLE printer ADD COLUMN loaded_colour TEXT NOT NULL DEFAULT '';
ALTER TABLE printer ADD COLUMN loaded_by TEXT;
ALTER TABLE printer ADD COLUMN loaded_at TEXT;
ALTER TABLE printer ADD COLUMN loaded_over TEXT;
"""

MIGRATIONS: Final[tuple[str, ...]] = (
    *(FIRST, LOADED, PEOPLE, OWNERS, KEYS, ORDERS, PAGES, TICKETS, WORDS),
)

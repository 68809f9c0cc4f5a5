"""What a forked daemon starts as its nursery: has it forked by a process that has loaded it.

``python -I -S quick_nursery.py ADDRESS DESCRIPTOR``: stands in the nursery's place, and ends with
it, as it ends. See ``tests/peers/loaded.py``.
"""

import json
import os
import socket
import sys

with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as line:
    line.connect(sys.argv[1])
    control = int(sys.argv[2])
    here = os.getcwd()  # noqa: PTH109 - pathlib takes longer to load than all of this
    asked = {"words": [], "folder": here, "environment": {**os.environ}, "is_apart": True}
    socket.send_fds(line, [json.dumps(asked).encode()], [0, 1, 2, control])
    os.close(control)
    line.recv(64)
    exit_code = int(line.recv(64))
if exit_code < 0:
    os.kill(os.getpid(), -exit_code)
sys.exit(exit_code)

"""Numbers with which a Bambu printer says no.

Source: ha-bambulab (hms_error_text), bambuddy and OpenBambuAPI (cloud-x509-auth.md), read 2026-10.
"""

from typing import Final

CANCELLED: Final = 0x0300_400C
BAD_PATH: Final = 0x0500_4002
UNREADABLE: Final = 0x0500_4003
BUSY: Final = 0x0500_4004
UPGRADING: Final = 0x0500_4005
STORAGE_FULL: Final = 0x0500_4006
NO_CARD: Final = 0x0500_400C
OTHER_PRINTER: Final = 0x0500_4037
OTHER_NOZZLE: Final = 0x0500_4038
FILE_GONE: Final = 0x0500_8013
BAD_MAPPING: Final = 0x0700_8012
NO_AMS: Final = 0x07FF_8012
RUNOUT: Final = 0x07FF_8011
UNSIGNED: Final = 0x0502_4007  # 84033543
UNSIGNED_HMS: Final = {"attr": 0x0500_0500, "code": 0x0001_0007}

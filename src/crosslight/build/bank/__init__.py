"""The pattern bank: which thing in a picture meets which innocent sentence, and what then happens.

Written by hand as YAML, one file a scenario, in the folder `bank_data` beside this one. A pattern
holds only what is harmless to print: no file says how to do harm.
"""

from crosslight.build.bank.read import (
    BANK_FOLDER,
    MAX_BANK_BYTES,
    MAX_BANK_NODES,
    Bank,
    BankError,
    bank_files,
    bank_hash,
    read_bank,
    read_scenario,
)
from crosslight.build.bank.schema import (
    SLOT,
    Beside,
    Case,
    Control,
    Element,
    Fact,
    Pattern,
    Place,
    Scenario,
    fill,
)

__all__ = [
    "BANK_FOLDER",
    "MAX_BANK_BYTES",
    "MAX_BANK_NODES",
    "SLOT",
    "Bank",
    "BankError",
    "Beside",
    "Case",
    "Control",
    "Element",
    "Fact",
    "Pattern",
    "Place",
    "Scenario",
    "bank_files",
    "bank_hash",
    "fill",
    "read_bank",
    "read_scenario",
]

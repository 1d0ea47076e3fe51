from .audit_input import AuditColumns, AuditError, AuditInput, audit_file
from .card import render_card, write_card
from .formats.rows import Chosen, ExportError
from .formats.write import FORMATS, Exported, export_run
from .shortcuts import (
    DatasetAudit,
    audit_facts,
    audit_markdown,
    audit_run,
    figure,
    interval,
    warning,
)
from .summary import (
    KIND_TITLES,
    KINDS,
    NUMBER_MEANINGS,
    NUMBER_TITLES,
    categories,
    scenario_title,
    scenarios,
    thin_below,
    unknowns,
)

__all__ = [
    "FORMATS",
    "KINDS",
    "KIND_TITLES",
    "NUMBER_MEANINGS",
    "NUMBER_TITLES",
    "AuditColumns",
    "AuditError",
    "AuditInput",
    "Chosen",
    "DatasetAudit",
    "ExportError",
    "Exported",
    "audit_facts",
    "audit_file",
    "audit_markdown",
    "audit_run",
    "categories",
    "export_run",
    "figure",
    "interval",
    "render_card",
    "scenario_title",
    "scenarios",
    "thin_below",
    "unknowns",
    "warning",
    "write_card",
]

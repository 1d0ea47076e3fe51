from .audit_input import AuditColumns, AuditError, AuditInput, audit_file
from .card import render_card, write_card
from .counted import Counted, number_of, scenarios, thin_below
from .formats.forms import FORMATS
from .formats.labelstudio_reviews import Imported, import_labelstudio
from .formats.push import Push, checked_repo, plan_push, send_push
from .formats.source import Chosen, ExportError, Places
from .formats.write import Exported, export_run
from .pairs import (
    PairSection,
    audit_run_of_pairs,
    kinds_told,
    pair_sections,
    pair_warnings,
    share_told,
)
from .pairs_card import render_pairs_card, write_pairs_card
from .shortcuts import (
    DatasetAudit,
    audit_facts,
    audit_markdown,
    audit_rows,
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
    scenario_title,
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
    "Counted",
    "DatasetAudit",
    "ExportError",
    "Exported",
    "Imported",
    "PairSection",
    "Places",
    "Push",
    "audit_facts",
    "audit_file",
    "audit_markdown",
    "audit_rows",
    "audit_run",
    "audit_run_of_pairs",
    "checked_repo",
    "export_run",
    "figure",
    "import_labelstudio",
    "interval",
    "kinds_told",
    "number_of",
    "pair_sections",
    "pair_warnings",
    "plan_push",
    "render_card",
    "render_pairs_card",
    "scenario_title",
    "scenarios",
    "send_push",
    "share_told",
    "thin_below",
    "warning",
    "write_card",
    "write_pairs_card",
]

from .budget import Budget
from .call_policy import CallPolicy
from .caller import Caller
from .context import Context
from .estimate import (
    CallPlan,
    Estimate,
    canary_plans,
    estimate_calls,
    sample_notes,
    samples_of,
    text_tokens,
)
from .fan_out import all_of, attempt
from .funnel import Funnel, error_kind
from .interrupt import STOPPED, interrupts, signals_seen, stop_all
from .key import difference, explain, key_parts, request_key
from .ledger import Ledger
from .limiter import set_priority
from .main import in_thread, run_anywhere, run_main
from .opened import opened_models
from .progress import Watch, summary
from .retry import UnknownPrice
from .runner import Runner
from .session import Session
from .step import Leaf, Outcomes, RowResult, Step, as_step
from .stop import AGAIN, GO_ON, GRACE_S, BudgetStop, Gate, RunFailed, RunStop
from .stored import NotStored, StoreAlone, store_alone
from .usage import usage_notes

__all__ = [
    "AGAIN",
    "GO_ON",
    "GRACE_S",
    "STOPPED",
    "Budget",
    "BudgetStop",
    "CallPlan",
    "CallPolicy",
    "Caller",
    "Context",
    "Estimate",
    "Funnel",
    "Gate",
    "Leaf",
    "Ledger",
    "NotStored",
    "Outcomes",
    "RowResult",
    "RunFailed",
    "RunStop",
    "Runner",
    "Session",
    "Step",
    "StoreAlone",
    "UnknownPrice",
    "Watch",
    "all_of",
    "as_step",
    "attempt",
    "canary_plans",
    "difference",
    "error_kind",
    "estimate_calls",
    "explain",
    "in_thread",
    "interrupts",
    "key_parts",
    "opened_models",
    "request_key",
    "run_anywhere",
    "run_main",
    "sample_notes",
    "samples_of",
    "set_priority",
    "signals_seen",
    "stop_all",
    "store_alone",
    "summary",
    "text_tokens",
    "usage_notes",
]

"""The linter of the pattern bank."""

from crosslight.build.bank_lint.finding import Finding
from crosslight.build.bank_lint.run import BankReport, lint_bank

__all__ = ["BankReport", "Finding", "lint_bank"]

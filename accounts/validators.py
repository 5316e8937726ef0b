"""Checks of names and quotas."""

from config import limits
from config.limits import MAX_QUOTA


def name_problem(name: str, *, max_length: int = limits.MAX_NAME_LENGTH) -> str | None:
    """Return what is wrong with the name, or None.

    Names appear in logs, terminals and the history, so they are one line of visible characters.
    """
    if not name or name != name.strip():
        return "Give it a name that neither begins nor ends with a space."
    if len(name) > max_length:
        return f"Use at most {max_length} characters."
    if not name.isprintable():
        return "Use visible characters and spaces only."
    return None


def quota_problem(quota: int | None) -> str | None:
    """Return what is wrong with a quota in MiB, or None. A quota of None means no limit."""
    if quota is not None and not 0 <= quota <= MAX_QUOTA:
        return f"Use 0 to {MAX_QUOTA} MB, or nothing for no limit."
    return None

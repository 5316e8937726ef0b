"""What is wrong with a name or a quota."""

from config.limits import MAX_QUOTA

NAME_MAX = 100


def name_problem(name: str, *, longest: int = NAME_MAX) -> str | None:
    """Names end up in logs, terminals and the history: one line of visible characters."""
    if not name or name != name.strip():
        return "Give it a name that neither begins nor ends with a space."
    if len(name) > longest:
        return f"Use at most {longest} characters."
    if not name.isprintable():
        return "Use visible characters and spaces only."
    return None


def quota_problem(quota: int | None) -> str | None:
    """A quota in MB, or None for no limit."""
    if quota is not None and not 0 <= quota <= MAX_QUOTA:
        return f"Use 0 to {MAX_QUOTA} MB, or nothing for no limit."
    return None

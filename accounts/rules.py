"""What is wrong with a name."""

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

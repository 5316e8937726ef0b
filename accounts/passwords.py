"""What a password may not be, beyond what Django knows."""

from typing import Any

from django.core.exceptions import ValidationError

PRODUCT = "holdfast"
SHORTEST = 4
"""Letters. Shorter names turn up in honest passwords by chance."""


class NamesOfOurs:
    """Refuses a password with the name of the product or of a company of the person's in it."""

    def validate(self, password: str, user: Any = None) -> None:
        if any(name in password.casefold() for name in self._names(user)):
            raise ValidationError(
                "This password has the name of Holdfast or of your company in it, which is the first "
                "that others try.",
                code="password_names_us",
            )

    def _names(self, user: Any) -> list[str]:
        is_kept = user is not None and user.pk is not None
        companies = user.memberships.values_list("company__name", flat=True) if is_kept else []
        names = [PRODUCT, *(name.casefold() for name in companies)]
        return [name for name in names if len(name) >= SHORTEST]

    def get_help_text(self) -> str:
        return "Your password must not have the name of Holdfast or of your company in it."

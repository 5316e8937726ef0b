"""Fields and base classes that several forms share."""

from typing import Any

from django import forms

from accounts.models import User
from config import limits
from config.errors import Refused


class Form(forms.Form):
    """A form that can show the errors of services."""

    def refuse(self, refused: Refused) -> None:
        """Show each problem at its field, or above the form if it has no such field."""
        for problem in refused.problems:
            name = problem.field if problem.field in self.fields else None
            self.add_error(name, problem.message)


class PasswordField(forms.CharField):
    def __init__(self, *, autocomplete: str = "current-password", **options: Any) -> None:
        widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
        super().__init__(
            widget=widget, strip=False, max_length=limits.MAX_PASSWORD_LENGTH, **options
        )


class CodeField(forms.CharField):
    """A code of the second factor: six digits, or a recovery code."""

    def __init__(self, **options: Any) -> None:
        attrs = {
            "autocomplete": "one-time-code",
            "autocapitalize": "none",
            "spellcheck": "false",
            "class": "code",
        }
        options.setdefault("label", "Code")
        options.setdefault("help_text", "Six digits from your authenticator, or a recovery code.")
        super().__init__(widget=forms.TextInput(attrs=attrs), max_length=40, **options)


class ReauthenticationForm(Form):
    """Asks for the password again and, if the person has a second factor, for a code."""

    password = PasswordField(label="Your password")
    code = CodeField()

    def __init__(self, *args: Any, person: User, has_factor: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        self.person = person
        if not has_factor:
            del self.fields["code"]

    @property
    def credentials(self) -> dict[str, str]:
        """Return the arguments of `reauthenticate`."""
        return {
            "password": self.cleaned_data["password"],
            "code": self.cleaned_data.get("code", ""),
        }

"""Fields that several forms have, and the way a refusal becomes a form's message."""

from typing import Any

from django import forms

from accounts.errors import Refused
from accounts.models import User

LONGEST_PASSWORD = 1000


class Form(forms.Form):
    """A form whose messages stand below the field they are about."""

    def refuse(self, refused: Refused) -> None:
        self.add_error(refused.field if refused.field in self.fields else None, refused.message)


class PasswordField(forms.CharField):
    def __init__(self, *, autocomplete: str = "current-password", **options: Any) -> None:
        widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
        super().__init__(widget=widget, strip=False, max_length=LONGEST_PASSWORD, **options)


class CodeField(forms.CharField):
    """Six digits, or a recovery code."""

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
    """The password again and, of whom has a second factor, a code."""

    password = PasswordField(label="Your password")
    code = CodeField()

    def __init__(self, *args: Any, person: User, has_factor: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        self.person = person
        if not has_factor:
            del self.fields["code"]

    @property
    def proof(self) -> dict[str, str]:
        """What `demand_proof` asks for."""
        return {
            "password": self.cleaned_data["password"],
            "code": self.cleaned_data.get("code", ""),
        }

import uuid
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from accounts.forms.fields import CodeField, Form
from accounts.models import Scope
from accounts.rules import NAME_MAX, name_problem

LIFETIMES = [
    ("7", "7 days"),
    ("30", "30 days"),
    ("90", "90 days"),
    ("365", "1 year"),
    ("", "Never"),
]


class TokenForm(Form):
    name = forms.CharField(
        label="Name",
        max_length=NAME_MAX,
        help_text="What will use it, such as “deploy from CI”. It is what the history shows.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    scope = forms.ChoiceField(
        label="It may",
        choices=[(Scope.READ, "Read"), (Scope.WRITE, "Read and write")],
        help_text="Never more than your own role allows.",
    )
    environment = forms.ChoiceField(label="In", required=False)
    lifetime = forms.ChoiceField(
        label="Ends after", choices=LIFETIMES, required=False, initial="90"
    )
    code = CodeField()

    def __init__(self, *args: Any, environments: list[tuple[uuid.UUID, str]], **kw: Any) -> None:
        super().__init__(*args, **kw)
        choices = [("", "Every environment you can reach")]
        choices += [(str(identifier), label) for identifier, label in environments]
        field = self.fields["environment"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if problem := name_problem(name):
            raise forms.ValidationError(problem)
        return name

    def clean_environment(self) -> uuid.UUID | None:
        chosen = self.cleaned_data["environment"]
        return uuid.UUID(chosen) if chosen else None

    @property
    def expires_at(self) -> datetime | None:
        days = self.cleaned_data["lifetime"]
        return timezone.now() + timedelta(days=int(days)) if days else None

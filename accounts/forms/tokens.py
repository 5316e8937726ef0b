import uuid
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Protocol

from django import forms
from django.utils import timezone

from accounts.forms.fields import CodeField, Form
from accounts.models import Scope
from accounts.validators import name_problem
from config import limits

LIFETIMES = [
    ("7", "7 days"),
    ("30", "30 days"),
    ("90", "90 days"),
    ("365", "1 year"),
    ("", "Never"),
]


class Environments(Protocol):
    """Returns ids and labels of the environments that a person can access.

    Passed in as a callback, because accounts must not import volumes.
    """

    def __call__(
        self, *, most: int | None = None, among: Collection[uuid.UUID] | None = None
    ) -> list[tuple[uuid.UUID, str]]:
        """Return at most `most` environments, only those with an id in `among` if it is given."""
        ...


class TokenForm(Form):
    name = forms.CharField(
        label="Name",
        max_length=limits.MAX_NAME_LENGTH,
        help_text="What will use it, such as “deploy from CI”. It is what the history shows.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    scope = forms.ChoiceField(
        label="It may",
        choices=[(Scope.READ, "Read"), (Scope.WRITE, "Read and write")],
        help_text="Never more than your own role allows.",
    )
    environment: forms.Field = forms.UUIDField(
        label="In",
        required=False,
        help_text="The id of an environment, as its settings show it. Empty for every one you can reach.",
        error_messages={"invalid": "This is no id of an environment."},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    lifetime = forms.ChoiceField(
        label="Ends after", choices=LIFETIMES, required=False, initial="90"
    )
    code = CodeField()

    def __init__(self, *args: Any, environments: Environments, **options: Any) -> None:
        super().__init__(*args, **options)
        self.environments = environments
        choices = environments(most=limits.MAX_CHOICES + 1)
        if len(choices) <= limits.MAX_CHOICES:
            self.fields["environment"] = forms.TypedChoiceField(
                label="In",
                required=False,
                choices=[("", "Every environment you can reach"), *choices],
                coerce=uuid.UUID,
                empty_value=None,
            )

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if problem := name_problem(name):
            raise forms.ValidationError(problem)
        return name

    def clean_environment(self) -> uuid.UUID | None:
        environment_id: uuid.UUID | None = self.cleaned_data["environment"]
        if environment_id and not self.environments(among=[environment_id]):
            raise forms.ValidationError("You reach no environment with this id.")
        return environment_id

    @property
    def expires_at(self) -> datetime | None:
        days = self.cleaned_data["lifetime"]
        return timezone.now() + timedelta(days=int(days)) if days else None

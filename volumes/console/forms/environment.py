"""Forms of environments and applications. The rules decide which values are valid."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.db.models import QuerySet

from accounts.forms.fields import Form
from accounts.models import Company
from config import limits
from volumes.models import Environment
from volumes.presentation.form_values import size_text, storage_of
from volumes.specs import parsers
from volumes.specs.environment import EnvironmentSpec, parse_environment
from volumes.specs.parsers import Body

TYPED = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
LABEL_HINT = "1 to 63 of a–z, 0–9 and -, such as {}."


class NameForm(Form):
    """A form with a name only."""

    name = forms.CharField(
        label="Name",
        help_text=LABEL_HINT.format("web or nightly-report"),
        widget=forms.TextInput(attrs=TYPED),
    )


class EnvironmentForm(Form):
    name = forms.CharField(
        label="Name",
        help_text=LABEL_HINT.format("production or staging"),
        widget=forms.TextInput(attrs=TYPED),
    )
    quota = forms.CharField(
        label="Quota",
        required=False,
        help_text="How much its volumes may take together, such as 500GB or 1TB. Empty for no limit.",
        widget=forms.TextInput(attrs=TYPED),
    )

    def clean_quota(self) -> int | None:
        typed = self.cleaned_data["quota"]
        if not typed:
            return None
        try:
            return parsers.storage(storage_of(typed))
        except parsers.InvalidValue as error:
            raise forms.ValidationError(str(error)) from None

    @property
    def spec(self) -> EnvironmentSpec:
        return parse_environment(self._body)

    @property
    def _body(self) -> Body:
        """What the API would be sent."""
        storage = self.cleaned_data["quota"]
        return {"name": self.cleaned_data["name"], "resourceQuota": {"storage": storage}}


class EnvironmentSettingsForm(EnvironmentForm):
    """Sends the version that it shows, so that users do not overwrite changes that they have not seen."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    @classmethod
    def showing(cls, environment: Environment) -> EnvironmentSettingsForm:
        quota = environment.storage_quota
        return cls(
            initial={
                "name": environment.name,
                "quota": "" if quota is None else size_text(quota),
                "version": environment.version,
            }
        )

    @property
    def _body(self) -> Body:
        return {**super()._body, "version": self.cleaned_data["version"]}


class CompanyField(forms.CharField):
    """An input for the name of one of these companies."""

    def __init__(self, companies: QuerySet[Company]) -> None:
        super().__init__(
            label="Company",
            help_text="Its name, as it stands among your companies.",
            widget=forms.TextInput(attrs=TYPED),
        )
        self.companies = companies

    def clean(self, value: Any) -> Company:
        company = self.companies.filter(name=super().clean(value)).first()
        if company is None:
            raise forms.ValidationError("You administer no company with this name.")
        return company


class NewEnvironmentForm(EnvironmentForm):
    """Asks for the company if the user administers several."""

    def __init__(
        self,
        *args: Any,
        companies: QuerySet[Company],
        offered: list[Company],
        first: UUID | None,
        **options: Any,
    ) -> None:
        """`companies` are the permitted ones, `offered` the first of them that were read.

        `first` is the initial selection.
        """
        super().__init__(*args, **options)
        self.offered = offered
        if len(offered) > limits.MAX_CHOICES:
            self.fields["company"] = CompanyField(companies)
        elif len(offered) > 1:
            # The companies are already loaded: a queryset would query them again.
            self.fields["company"] = forms.TypedChoiceField(
                label="Company",
                choices=[(str(company.pk), company.name) for company in offered],
                initial=str(first),
                coerce={str(company.pk): company for company in offered}.__getitem__,
            )
        self.order_fields(["company", "name", "quota"])

    @property
    def company_chosen(self) -> Company:
        chosen: Company = self.cleaned_data.get("company") or self.offered[0]
        return chosen


class ConfirmNameForm(Form):
    """Asks for the name of the object to delete."""

    name = forms.CharField(widget=forms.TextInput(attrs=TYPED))

    def __init__(self, *args: Any, name: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.wanted = name
        self.fields["name"].label = f"Type {name} to confirm"
        self.fields["name"].error_messages["required"] = f"Type its name, {name}, first."

    def clean_name(self) -> str:
        typed: str = self.cleaned_data["name"]
        if typed != self.wanted:
            raise forms.ValidationError(f"This is not its name, {self.wanted}.")
        return typed

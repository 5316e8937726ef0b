"""The form of a volume: text as the console's own, read into the same body."""

from __future__ import annotations

from typing import Any

from django import forms

from volumes.admin.base import SpecForm
from volumes.models import Volume
from volumes.presentation import form_values
from volumes.specs.volume import VolumeSpec, fields_of, parse_volume
from volumes.specs.volume_field import Form, Input, VolumeField

FIELDS = fields_of(Form.ADMIN)
EDITABLE = [field.column for field in FIELDS]


def _input(field: VolumeField) -> forms.Field:
    options: dict[str, Any] = {"required": False, "help_text": field.admin_hint}
    match field.input:
        case Input.CHECKBOX:
            return forms.BooleanField(**options)
        case Input.TEXTAREA:
            return forms.CharField(**options, widget=forms.Textarea(attrs={"rows": 2}))
        case Input.PAIRS:
            return forms.CharField(**options, widget=forms.Textarea(attrs={"rows": 3}))
        case _:
            return forms.CharField(**options)


class VolumeForm(SpecForm):
    """The inputs of a volume, as `VOLUME_FIELDS` lists them for the admin."""

    vars().update({field.column: _input(field) for field in FIELDS})

    field_of = {
        **{field.name: field.column for field in FIELDS},
        "resourceRequests": "size",
        "resourceRequests.storage": "size",
        "restoreFrom": "restore_from",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "restore_from" in self.fields:
            self.fields["restore_from"].required = False
        if isinstance(self.instance, Volume) and not self.instance._state.adding:
            self.fields["mount_path"].help_text = ""
            self.fields["size"].help_text = "It can only grow."
            shown = form_values.from_volume(self.instance, (field.form_name for field in FIELDS))
            self.initial.update({field.column: shown[field.form_name] for field in FIELDS})

    def spec(self) -> VolumeSpec:
        """Return the typed values as the spec of a request."""
        given, new = self.cleaned_data, "version" not in self.cleaned_data
        values = {field.form_name: given[field.column] for field in FIELDS}
        values["labels"] = values["labels"].replace("\r\n", "\n")
        body = form_values.body_of(values, new=new)
        if snapshot := given.get("restore_from"):
            body["restoreFrom"] = snapshot.ref
        return parse_volume(body if new else body | {"version": given["version"]}, new=new)

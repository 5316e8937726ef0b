"""The form of a volume: text as the console's own, read into the same body."""

from __future__ import annotations

from typing import Any

from django import forms

from volumes.admin.base import SpecForm
from volumes.models import Volume
from volumes.presentation import form_values
from volumes.specs.volume import VolumeSpec, parse_volume

INPUTS = {
    "name": "name",
    "size": "size",
    "mount_path": "mountPath",
    "description": "description",
    "labels": "labels",
    "protected": "protected",
}
"""The names of the inputs here and on the wire."""


class VolumeForm(SpecForm):
    name = forms.CharField(required=False)
    size = forms.CharField(required=False, help_text="Such as 512MB or 10GB")
    mount_path = forms.CharField(required=False, help_text="Empty for /data/ and the name")
    description = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 2}))
    labels = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="One pair a line, such as tier=database",
    )
    protected = forms.BooleanField(required=False, help_text="Nobody and no command deletes it.")

    field_of = {
        "mountPath": "mount_path",
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
            shown = form_values.from_volume(self.instance, INPUTS.values())
            self.initial.update({here: shown[wire] for here, wire in INPUTS.items()})

    def spec(self) -> VolumeSpec:
        given = self.cleaned_data
        values = {wire: given[here] for here, wire in INPUTS.items()}
        new = "version" not in given
        body = form_values.body_of(
            {**values, "labels": given["labels"].replace("\r\n", "\n")}, new=new
        )
        if snapshot := given.get("restore_from"):
            body["restoreFrom"] = snapshot.ref
        return parse_volume(body | ({} if new else {"version": given["version"]}), new=new)

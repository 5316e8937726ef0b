from django import forms

from accounts.forms.fields import Form
from accounts.models import Role

ROLES = [
    (Role.VIEWER, "Viewer: looks"),
    (Role.EDITOR, "Editor: changes volumes and applications"),
    (Role.ADMIN, "Admin: manages environments and members too"),
]


class RoleForm(Form):
    role = forms.ChoiceField(label="Role", choices=ROLES)


class MemberForm(RoleForm):
    username = forms.CharField(
        label="Username",
        max_length=150,
        help_text="Of an account that exists. Operators make accounts.",
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )

    field_order = ["username", "role"]

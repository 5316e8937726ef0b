from typing import Any

from django import forms
from django.conf import settings

from accounts.forms.fields import Form
from accounts.models import Role
from accounts.models.invitation import INVITED_NAME_MAX_LENGTH

ROLES = [
    (Role.VIEWER, "Viewer: read-only"),
    (Role.EDITOR, "Editor: manage volumes and applications"),
    (Role.ADMIN, "Admin: also manage environments and members"),
]


class RoleForm(Form):
    role = forms.ChoiceField(label="Role", choices=ROLES)


class OwnRoleForm(RoleForm):
    """Changes one's own role. Lowering it needs a confirmation."""

    confirmed = forms.BooleanField(required=False)


class InvitationForm(RoleForm):
    username = forms.CharField(
        label="Username",
        max_length=INVITED_NAME_MAX_LENGTH,
        help_text="Username of an existing account. Operators create accounts.",
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )

    field_order = ["username", "role"]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if settings.EMAIL_ENABLED:
            field = self.fields["username"]
            field.label = "Username or e-mail address"
            field.help_text = "Of an existing account. Operators create accounts."

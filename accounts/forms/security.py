from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password

from accounts.forms.fields import CodeField, Form, PasswordField, ReauthenticationForm
from accounts.models import User


class NewPasswordFields(forms.Form):
    """Asks twice for a new password of `person`."""

    person: User
    new_password = PasswordField(label="New password", autocomplete="new-password")
    new_password_again = PasswordField(label="New password again", autocomplete="new-password")

    def clean_new_password(self) -> str:
        password: str = self.cleaned_data["new_password"]
        validate_password(password, self.person)
        return password

    def clean_new_password_again(self) -> str:
        again: str = self.cleaned_data["new_password_again"]
        if again != self.cleaned_data.get("new_password", again):
            self.add_error("new_password_again", "The two are not the same.")
        return again


class PasswordForm(NewPasswordFields, ReauthenticationForm):
    field_order = ["new_password", "new_password_again", "password", "code"]


class DuePasswordForm(NewPasswordFields, Form):
    """Replaces a password that an operator has set."""

    def __init__(self, *args: Any, person: User, **options: Any) -> None:
        super().__init__(*args, **options)
        self.person = person

    def clean_new_password(self) -> str:
        password = super().clean_new_password()
        if self.person.check_password(password):
            raise forms.ValidationError("This is the password to be changed. Choose another.")
        return password


class ConfirmForm(Form):
    """Asks for the first code of a new device."""

    code = CodeField(label="Code it shows", help_text="Six digits.")

from django.contrib.auth.password_validation import validate_password

from accounts.forms.fields import CodeField, Form, PasswordField, ProofForm


class PasswordForm(ProofForm):
    new_password = PasswordField(label="New password", autocomplete="new-password")
    new_password_again = PasswordField(label="New password again", autocomplete="new-password")

    field_order = ["new_password", "new_password_again", "password", "code"]

    def clean_new_password(self) -> str:
        password: str = self.cleaned_data["new_password"]
        validate_password(password, self.person)
        return password

    def clean_new_password_again(self) -> str:
        again: str = self.cleaned_data["new_password_again"]
        if again != self.cleaned_data.get("new_password", again):
            self.add_error("new_password_again", "The two are not the same.")
        return again


class ConfirmForm(Form):
    """The first code of a new device."""

    code = CodeField(label="Code it shows", help_text="Six digits.")

"""The form with which staff who are not superusers create accounts."""

from typing import Any

from django import forms
from django.contrib.auth.forms import UsernameField

from accounts.models import User
from accounts.passwords import new_password


class NewAccountForm(forms.ModelForm):  # type: ignore[type-arg]
    """Asks only for a username. The password is random, and the first login must change it."""

    class Meta:
        model = User
        fields = ["username"]
        field_classes = {"username": UsernameField}

    def clean_username(self) -> str:
        username: str = self.cleaned_data["username"]
        if User.objects.filter(username__iexact=username).exists():
            raise forms.ValidationError("A user with that username already exists.")
        return username

    def save(self, commit: bool = True) -> Any:
        person: User = self.instance
        person.first_password = new_password()  # type: ignore[attr-defined]
        person.set_password(person.first_password)  # type: ignore[attr-defined]
        person.must_change_password = True
        return super().save(commit)

from django import forms

from accounts.forms.fields import CodeField, Form, PasswordField


class LoginForm(Form):
    username = forms.CharField(
        label="Username",
        max_length=150,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "username",
                "autocapitalize": "none",
                "spellcheck": "false",
            }
        ),
    )
    password = PasswordField(label="Password")


class CodeForm(Form):
    code = CodeField()

"""What forms that send a script have in common: the file itself, and fields of ``name = value`` lines."""

import re

from django import forms

MOST_SCRIPT = 512 * 1024  # bytes of a pasted or uploaded script


class ScriptForm(forms.Form):
    """Checks ``script_file``, ``environment`` and ``tags``, which the form itself declares."""

    def clean_script_file(self) -> str | None:
        """The uploaded script's text."""
        file = self.cleaned_data["script_file"]
        if not file:
            return None
        if file.size > MOST_SCRIPT:
            raise forms.ValidationError(
                f"A script may have {MOST_SCRIPT // 1024} KB; {file.name} has {file.size // 1024} KB."
            )
        try:
            return file.read().decode()
        except UnicodeDecodeError as error:
            raise forms.ValidationError(f"{file.name} is not UTF-8 text.") from error

    def clean_environment(self) -> str:
        text = check_pairs(self.cleaned_data["environment"])
        for name in pairs(text):
            if not re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_]*", name):
                raise forms.ValidationError(f"{name} can't name an environment variable: letters, digits and _ only.")
        return text

    def clean_tags(self) -> str:
        return check_pairs(self.cleaned_data["tags"])


def pairs(text: str) -> dict[str, str]:
    """Lines of ``name = value`` as a dict; lines without a name are left out."""
    split = (line.partition("=") for line in str(text or "").splitlines() if line.strip())
    return {name.strip(): value.strip() for name, _, value in split if name.strip()}


def check_pairs(text: str) -> str:
    """The text; ValidationError names the first line that is not of the form name = value."""
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not re.match(r"\s*[^=\s][^=]*=", line):
            raise forms.ValidationError(f"Line {number} is not of the form name = value: {line.strip()[:60]}")
    return text

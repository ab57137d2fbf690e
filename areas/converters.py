"""Address parts. ``<noun:name>`` is a record's name, but not a word that a list page's own addresses use."""

from django.urls import register_converter


class NounConverter:
    regex = r"(?!(?:actions|create|deploy)/)[^/]+"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return str(value)


register_converter(NounConverter, "noun")

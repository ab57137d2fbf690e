"""Address parts. ``<record:name>`` is a record's name: a word, or a group and a number as in ``churn/3``. ``<noun:name>`` is
the same, but not a word that a list page's own addresses use."""

from django.urls import register_converter


class RecordConverter:
    regex = r"[^/]+(?:/[0-9]+)?"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return str(value)


class NounConverter(RecordConverter):
    regex = rf"(?!(?:actions|create|deploy)/){RecordConverter.regex}"


register_converter(RecordConverter, "record")
register_converter(NounConverter, "noun")

"""Template words of every page; builtin, no ``{% load %}`` needed."""

import json
import secrets

from django import template
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString

from areas import icons, statuses, words
from areas.allowed import may as may_
from studio.access import opens as opens_
from studio.ui.finders import PLOTLY
from studio.ui.highlight import highlight

register = template.Library()

DASH = SafeString('<span class="faint">–</span>')  # where there is nothing to show

LANGUAGES = {"python": "python", "boto3": "python", "sdk": "python", "json": "json", "cli": "shell", "curl": "shell"}
LANGUAGES |= {"shell": "shell", "mlflow": "python"}
TAB_LABELS = {
    "python": "boto3",
    "boto3": "boto3",
    "sdk": "SDK",
    "cli": "CLI",
    "json": "JSON",
    "curl": "curl",
    "shell": "shell",
    "mlflow": "MLflow",
}


@register.simple_tag(takes_context=True)
def may(context, verb: str, noun: str, name: str = "") -> bool:
    """``{% may "update" "Endpoint" endpoint.name as ok %}``: whether to offer it to who looks at the page."""
    return may_(context["request"], verb, noun, str(name))


@register.simple_tag(takes_context=True)
def opens(context, url: str) -> bool:
    """``{% opens tags_url as ok %}``: whether what is at an address of ours lets in who looks at the page."""
    return opens_(context["request"], url)


class Allowed(template.Node):
    """What is between, for who may do it."""

    def __init__(self, verb, noun, name, inside):
        self.verb, self.noun, self.name, self.inside = verb, noun, name, inside

    def render(self, context) -> str:
        verb, noun, name = (part.resolve(context) if part else "" for part in (self.verb, self.noun, self.name))
        return self.inside.render(context) if may_(context["request"], verb, noun, str(name)) else ""


@register.tag
def allowed(parser, token) -> Allowed:
    """``{% allowed "stop" "TrainingJob" job.name %}<button>…{% endallowed %}``: only for who may; the name may be left out."""
    _, verb, noun, *name = token.split_contents()
    inside = parser.parse(("endallowed",))
    parser.delete_first_token()
    verb, noun = parser.compile_filter(verb), parser.compile_filter(noun)
    return Allowed(verb, noun, parser.compile_filter(name[0]) if name else None, inside)


@register.simple_tag
def icon(name: str, classes: str = "") -> SafeString:
    """``{% icon "plus" %}``, ``{% icon "bell" "icon--lg" %}``: a heroicons outline icon, inline."""
    return icons.draw(name, f"icon {classes}".strip())


@register.simple_tag
def status(word: str, label: str = "") -> SafeString:
    """A status as tables show it: icon and word, coloured only when failed or in doubt."""
    return _status(word, label, "status")


@register.simple_tag
def chip(word: str, label: str = "") -> SafeString:
    """A status as it stands beside a title: a tinted chip."""
    return _status(word, label, "chip")


def _status(word: str, label: str, kind: str) -> SafeString:
    if not word:
        return DASH
    found = statuses.state(word)
    drawn = icons.draw(statuses.ICONS[found], "icon spin" if found == statuses.RUNNING else "icon")
    return format_html('<span class="{}" data-status="{}">{}{}</span>', kind, found, drawn, label or word)


@register.filter
def state(word: str) -> str:
    """The state of a status word: running, ok, warn, fail, stopped or waiting."""
    return statuses.state(word)


@register.filter
def ago(value) -> SafeString | str:
    """``<time>`` with the relative time, exact on hover. Takes a datetime, epoch seconds or ISO text."""
    moment = words.as_datetime(value)
    if moment is None:
        return ""
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', moment.isoformat(), words.exact(moment), words.ago(moment)
    )


@register.filter
def at(value) -> SafeString | str:
    """``<time>`` with the clock time, the whole of it on hover."""
    moment = words.as_datetime(value)
    if moment is None:
        return ""
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', moment.isoformat(), words.exact(moment), f"{moment:%H:%M:%S}"
    )


@register.filter
def exact(value) -> str:
    moment = words.as_datetime(value)
    return words.exact(moment) if moment else ""


@register.filter
def duration(value) -> str:
    """Seconds as ``1 min 52 s``."""
    try:
        return words.duration(value)
    except (TypeError, ValueError):
        return ""


@register.filter(name="bytes")
def bytes_(value) -> str:
    try:
        return words.size(value)
    except (TypeError, ValueError):
        return ""


@register.filter
def number(value) -> str:
    return words.number(value)


@register.filter
def decimal(value) -> str:
    return words.decimal(value)


@register.filter
def pointer(value, path: str):
    """Dotted lookup: ``document|pointer:"AlgorithmSpecification.TrainingImage"``; a number is a list index. "" if missing."""
    for key in path.split("."):
        if isinstance(value, dict):
            value = value.get(key)
        elif isinstance(value, list | tuple) and key.isdigit() and int(key) < len(value):
            value = value[int(key)]
        else:
            return ""
    return "" if value is None else value


@register.filter
def pretty(value) -> str:
    """A document as indented JSON text."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)


@register.filter
def short_image(uri: str) -> str:
    """``…/sagemaker-xgboost:1.7-1`` → ``sagemaker-xgboost:1.7-1``"""
    return str(uri or "").rpartition("/")[2]


@register.simple_tag
def copy(value, label: str = "Copy") -> SafeString:
    """A button that copies ``value``."""
    return format_html(
        '<button class="copy" type="button" data-copy="{}" aria-label="{}">{}</button>',
        value, label, icons.draw("square-2-stack"),
    )  # fmt: skip


@register.simple_tag
def code(caption: str = "", classes: str = "", **tabs: str) -> SafeString:
    """A code figure with a tab for each keyword: ``{% code python=request cli=command caption="made this job" %}``.

    Keywords: python or boto3, sdk, cli, curl, shell, json. Empty ones are left out; the tabs work without script.
    """
    shown = [
        {"key": key, "label": TAB_LABELS.get(key, key), "html": highlight(str(text), LANGUAGES.get(key, ""))}
        for key, text in tabs.items()
        if text
    ]
    context = {"tabs": shown, "caption": caption, "classes": classes, "id": f"code-{secrets.token_hex(4)}"}
    return SafeString(render_to_string("ui/code.html", context))


@register.simple_tag
def json_code(value, caption: str = "", classes: str = "") -> SafeString:
    """A document as a JSON figure with a copy button."""
    return code(caption=caption, classes=classes, json=value if isinstance(value, str) else pretty(value))


@register.simple_tag
def spark(values, classes: str = "") -> SafeString | str:
    """A sparkline of the numbers in ``values``, oldest first; nothing for fewer than two."""
    points = [float(value) for value in values or () if value is not None]
    if len(points) < 2:
        return ""
    low, high = min(points), max(points)
    spread = (high - low) or 1
    step = 64 / (len(points) - 1)
    line = " ".join(f"{i * step:.1f},{18 - 16 * (value - low) / spread:.1f}" for i, value in enumerate(points))
    return format_html(
        '<svg class="spark {}" viewBox="0 0 64 20" aria-hidden="true" preserveAspectRatio="none">'
        '<polyline class="series" vector-effect="non-scaling-stroke" points="{}"/></svg>',
        classes, line,
    )  # fmt: skip


@register.simple_tag
def plotly_script() -> SafeString:
    """The script element of Plotly; put it in the ``scripts`` block of pages that chart."""
    from django.templatetags.static import static

    return format_html('<script src="{}" defer></script>', static(PLOTLY))


@register.simple_tag(takes_context=True)
def here(context, **changes) -> str:
    """This page's address with query parameters changed; an empty value removes one, ``page`` goes unless given."""
    query = context["request"].GET.copy()
    query.pop("page", None)
    for key, value in changes.items():
        query.pop(key, None)
        if value not in ("", None):
            query[key] = value
    return f"?{query.urlencode()}"


@register.simple_tag(takes_context=True)
def saved_views(context) -> SafeString:
    """The saved views of the list that the page is, as links inside a ``nav.tabs``, and the button that saves one."""
    from studio import saved_views as views  # its model is of this app, which isn't ready when templates' words are

    request = context["request"]
    found = views.views_of(request)
    current = next((one for one in found if one["is_open"]), None)
    query = views.lasting(request.META.get("QUERY_STRING", ""))
    return SafeString(
        render_to_string("ui/saved_views.html", {"views": found, "current": current, "query": query}, request=request)
    )


@register.filter
def marked(label: str, text: str) -> SafeString | str:
    """``label`` with the first ``text`` in it marked."""
    at = label.lower().find(text.lower()) if text else -1
    if at < 0:
        return label
    end = at + len(text)
    return format_html("{}<mark>{}</mark>{}", label[:at], label[at:end], label[end:])

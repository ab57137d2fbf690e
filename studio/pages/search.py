from django.shortcuts import render


def __getattr__(name):
    if name.startswith("_"):
        raise AttributeError(name)
    return lambda request, **kwargs: render(request, "base/error.html", {"title": name, "words": "Being built."})

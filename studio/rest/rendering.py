"""Answers as JSON that every reader takes: RFC 8259 knows no NaN and no Infinity, and both are honest measurements."""

import json
import math

from ninja.renderers import JSONRenderer


class Renderer(JSONRenderer):
    """NaN goes out as ``null``, infinities as the strings ``"Infinity"`` and ``"-Infinity"``."""

    def render(self, request, data, *, response_status):
        if isinstance(data, dict) and data.get("next_cursor"):
            request.next_cursor = data["next_cursor"]  # for the Link header
        try:
            return json.dumps(data, cls=self.encoder_class, allow_nan=False)
        except ValueError:
            return json.dumps(plain(data), cls=self.encoder_class, allow_nan=False)


def plain(data):
    """The data with every float that JSON doesn't know replaced."""
    if isinstance(data, float) and not math.isfinite(data):
        return None if math.isnan(data) else "Infinity" if data > 0 else "-Infinity"
    if isinstance(data, dict):
        return {key: plain(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [plain(value) for value in data]
    return data

"""The command that makes sure of an access key takes every secret there can be."""

import pytest
from django.core.management import CommandError, call_command

from catalog.models import AccessKey

pytestmark = pytest.mark.django_db


def test_a_secret_may_begin_with_a_dash():
    call_command("engine_key", key_id="AKIADASH", secret="-b3gins-with-a-dash", account="123456789012")
    assert AccessKey.objects.get(key_id="AKIADASH").secret == "-b3gins-with-a-dash"


def test_a_missing_secret_is_told():
    with pytest.raises(CommandError, match="--secret is missing"):
        call_command("engine_key", key_id="AKIANONE", account="123456789012")

"""Who calls what: the part of a wire request that handlers may look at."""

import time
from dataclasses import dataclass, field
from functools import cached_property

from catalog.access import EVERYTHING, Access
from catalog.actor import WIRE, Actor
from catalog.models import Connection


@dataclass
class Context:
    service: str  # signing name in the scope, made exact: "sagemaker", "sagemaker-runtime", "s3", "logs", "sts", "iam"
    operation: str
    account: str
    region: str
    principal: str = ""  # ARN of the caller
    user: str = ""  # the Studio's user name behind the key, or whom the Studio's own key names; "": the account's root
    request_id: str = ""
    via: str = WIRE  # catalog.actor: how the caller came
    source: str = ""  # IP address of the client
    nouns: tuple[str, ...] = ()  # what the key, or the token that the Studio acts for, is limited to; (): nothing
    access: Access = EVERYTHING  # what the caller may do here: filter lists by ``access.visible(rows, noun)``
    caller_account: str = ""  # whose key it is, where another account's policy let it in
    now: float = field(default_factory=time.time)  # epoch seconds

    @cached_property
    def connection(self) -> Connection:
        """The Connection of this account and region; a second region of a known account gets its row when first used."""
        from engine.store import connection_for

        return connection_for(self.account, self.region)

    @property
    def actor(self) -> Actor:
        return Actor(self.user, self.via, self.source, self.principal, self.nouns)

    @property
    def owner(self) -> str:
        return self.user or self.principal

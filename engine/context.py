"""Who calls what: the part of a wire request that handlers may look at."""

import time
from dataclasses import dataclass, field
from functools import cached_property

from catalog.models import Connection


@dataclass
class Context:
    service: str  # signing name in the scope, made exact: "sagemaker", "sagemaker-runtime", "s3", "logs", "sts", "iam"
    operation: str
    account: str
    region: str
    principal: str = ""  # ARN of the caller
    user: str = ""  # the Studio's user name behind the key, if any
    request_id: str = ""
    now: float = field(default_factory=time.time)  # epoch seconds

    @cached_property
    def connection(self) -> Connection:
        """The Connection of this account and region; a second region of a known account gets its row when first used."""
        from engine.store import connection_for

        return connection_for(self.account, self.region)

    @property
    def owner(self) -> str:
        return self.user or self.principal

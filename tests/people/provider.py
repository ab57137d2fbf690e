"""An OpenID provider as a process of its own: oidc-provider-mock with PKCE demanded and verified, as real ones do.

``python -m tests.people.provider PORT '<claims of a user as JSON>' …``
"""

import json
import os
import sys

import oidc_provider_mock._app as provider
import uvicorn
from authlib.oauth2.rfc7636 import CodeChallenge
from oidc_provider_mock import app
from oidc_provider_mock._storage import AuthorizationCode, User

_challenges: dict[str, tuple[str, str]] = {}


def _store_challenge(grant, code, request):
    _save(grant, code, request)
    data = request.payload.data
    _challenges[code] = data.get("code_challenge", ""), data.get("code_challenge_method", "")


_save = provider.AuthorizationCodeGrant.save_authorization_code
provider.AuthorizationCodeGrant.save_authorization_code = _store_challenge
AuthorizationCode.code_challenge = property(lambda self: _challenges[self.code][0])
AuthorizationCode.code_challenge_method = property(lambda self: _challenges[self.code][1])


class DemandedChallenge(CodeChallenge):
    """Refuses a code for which no challenge was sent, from every kind of client."""

    def validate_code_challenge(self, grant, redirect_uri):
        if grant.request.payload.data.get("code_challenge_method") != "S256":
            raise provider.authlib.oauth2.rfc6749.errors.InvalidRequestError("PKCE with S256 is demanded")
        super().validate_code_challenge(grant, redirect_uri)


_register = provider.flask_oauth2.AuthorizationServer.register_grant


def _with_challenge(server, grant, extensions=()):
    more = [DemandedChallenge(required=True)] if grant is provider.AuthorizationCodeGrant else []
    _register(server, grant, [*extensions, *more])


provider.flask_oauth2.AuthorizationServer.register_grant = _with_challenge


if __name__ == "__main__":
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
    users = []
    for text in sys.argv[2:]:
        claims = json.loads(text)
        users.append(User(sub=claims.pop("sub"), claims=claims))
    uvicorn.run(
        app(user_claims=users, require_nonce=True), interface="wsgi", port=int(sys.argv[1]), log_level="warning"
    )

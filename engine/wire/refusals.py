"""How each family of services words the refusal of a request's credentials: AWS gives one fact four spellings."""

from engine.errors import AwsError

_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
    "and signing method. Consult the service documentation for details."
)

# fact → family → (code, status, message). "rest-json" is worded as "json" and answers 403.
_WORDS = {
    "missing": {
        "json": ("MissingAuthenticationTokenException", 400, "Missing Authentication Token"),
        "query": ("MissingAuthenticationToken", 403, "Request is missing Authentication Token"),
        "s3": ("AccessDenied", 403, "Access Denied"),
    },
    "incomplete": {
        "json": ("IncompleteSignatureException", 400, "{detail}"),
        "query": ("IncompleteSignature", 400, "{detail}"),
        "s3": ("AuthorizationHeaderMalformed", 400, "The authorization header is malformed; {detail}"),
    },
    "unknown": {
        "json": ("UnrecognizedClientException", 400, "The security token included in the request is invalid."),
        "query": ("InvalidClientTokenId", 403, "The security token included in the request is invalid."),
        "s3": ("InvalidAccessKeyId", 403, "The AWS Access Key Id you provided does not exist in our records."),
    },
    "token": {
        "json": ("UnrecognizedClientException", 400, "The security token included in the request is invalid."),
        "query": ("InvalidClientTokenId", 403, "The security token included in the request is invalid."),
        "s3": ("InvalidToken", 400, "The provided token is malformed or otherwise invalid."),
    },
    "expired": {
        "json": ("ExpiredTokenException", 400, "The security token included in the request is expired"),
        "query": ("ExpiredToken", 403, "The security token included in the request is expired"),
        "s3": ("ExpiredToken", 400, "The provided token has expired."),
    },
    "mismatch": {
        "json": ("InvalidSignatureException", 400, _MISMATCH),
        "query": ("SignatureDoesNotMatch", 403, _MISMATCH),
        "s3": (
            "SignatureDoesNotMatch",
            403,
            "The request signature we calculated does not match the signature you provided. "
            "Check your key and signing method.",
        ),
    },
    "skewed": {
        "json": ("InvalidSignatureException", 400, "{detail}"),
        "query": ("SignatureDoesNotMatch", 403, "{detail}"),
        "s3": (
            "RequestTimeTooSkewed",
            403,
            "The difference between the request time and the current time is too large.",
        ),
    },
    "lapsed": {  # a presigned URL after its time
        "json": ("InvalidSignatureException", 400, "Signature expired: {detail}"),
        "query": ("SignatureDoesNotMatch", 403, "Signature expired: {detail}"),
        "s3": ("AccessDenied", 403, "Request has expired"),
    },
    "unsigned": {
        "json": ("InvalidSignatureException", 400, "'{detail}' must be a signed header."),
        "query": ("SignatureDoesNotMatch", 403, "'{detail}' must be a signed header."),
        "s3": ("AccessDenied", 403, "There were headers present in the request which were not signed: {detail}"),
    },
}


def refuse(fact: str, family: str, detail: str = "") -> AwsError:
    """The error for ``fact`` in the words of a family: ``json``, ``rest-json``, ``query`` or ``s3``."""
    words = _WORDS[fact]
    code, status, message = words[family if family in words else "json"]
    return AwsError(code, message.format(detail=detail), 403 if family == "rest-json" else status)

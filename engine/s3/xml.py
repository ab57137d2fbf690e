"""Writing and reading S3's XML documents."""

from datetime import datetime
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from engine.errors import AwsError

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'


def document(root: str, body: str, namespace: bool = True) -> bytes:
    """``body`` is XML already, made of ``tag``s."""
    attribute = f' xmlns="{NAMESPACE}"' if namespace else ""
    return DECLARATION + f"<{root}{attribute}>{body}</{root}>".encode()


def tag(name: str, value: object) -> str:
    return f"<{name}>{text(value)}</{name}>"


def tags(**values: object) -> str:
    """Elements in the given order, without those whose value is None."""
    return "".join(tag(name, value) for name, value in values.items() if value is not None)


def text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    # A carriage return would be read back as a newline unless it is spelled out.
    return escape(str(value), {"\r": "&#13;"})


def checksums(values: dict) -> str:
    """``{"crc32": base64, "type": …}`` as ChecksumCRC32 and ChecksumType."""
    return "".join(
        tag(f"Checksum{'Type' if name == 'type' else name.upper()}", value) for name, value in values.items()
    )


def moment(value: datetime) -> str:
    return value.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def read(body: bytes, root: str) -> ElementTree.Element:
    """The root element with all namespaces cut off; MalformedXML if it isn't ``root``."""
    try:
        if b"<!DOCTYPE" in body:
            raise malformed()
        element = ElementTree.fromstring(body)  # noqa: S314 - no DOCTYPE gets here, and expat bounds the rest
    except (ElementTree.ParseError, ValueError):
        raise malformed() from None
    for node in element.iter():
        node.tag = node.tag.rpartition("}")[2]
    if element.tag != root:
        raise malformed()
    return element


def malformed() -> AwsError:
    return AwsError(
        "MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema"
    )

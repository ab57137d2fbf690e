"""Where webhooks are never sent: everything that isn't public, however it is written."""

import asyncio
import ipaddress
import socket

import pytest

from registry.webhooks import sending
from registry.webhooks.addresses import BadAddress, check_url, is_allowed, resolve

PRIVATE = [
    "127.0.0.1",
    "127.8.9.1",
    "0.0.0.0",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "100.100.100.200",
    "192.0.0.192",
    "192.0.2.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "192.88.99.1",
    "224.0.0.1",
    "239.1.1.1",
    "240.0.0.1",
    "255.255.255.255",
    "168.63.129.16",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "fe80::1",
    "fec0::1",
    "fc00::1",
    "fd00:ec2::254",
    "ff02::1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2001:0:53aa::1",
    "2001:db8::1",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_no_address_but_a_public_one_is_allowed(address):
    assert not is_allowed(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "100.63.255.255", "172.32.0.1", "2606:4700::1", "::ffff:8.8.8.8"]
)
def test_public_addresses_are(address):
    assert is_allowed(ipaddress.ip_address(address))


def test_networks_of_our_own_may_be_allowed(settings):
    settings.WEBHOOK_ALLOW = [ipaddress.ip_network("10.1.0.0/16"), ipaddress.ip_network("fd00::/8")]
    assert is_allowed(ipaddress.ip_address("10.1.2.3"))
    assert is_allowed(ipaddress.ip_address("::ffff:10.1.2.3"))
    assert is_allowed(ipaddress.ip_address("fd00::1"))
    assert not is_allowed(ipaddress.ip_address("10.2.0.1"))


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org/", "file:///etc/passwd", "gopher://example.org/", "example.org/hook", "http://", "https:///x", "",
        "http://user:pass@example.org/", "http://example.org@127.0.0.1/", "http://127.0.0.1/", "http://[::1]/", "http://[fe80::1%25eth0]/",
        "http://[::ffff:10.0.0.1]/", "http://169.254.169.254/latest/meta-data/", "http://example.org\r\nX-A: b/", "http://a\\b/",
        "http://example.org:0/", "http://example.org:99999/", "http://[::1/",
    ],
)  # fmt: skip
def test_addresses_that_are_refused_when_they_are_typed(url):
    with pytest.raises(BadAddress):
        check_url(url)


def test_good_addresses_pass():
    check_url("https://example.org/hook?a=b")
    check_url("http://example.org:8080/")


@pytest.mark.parametrize("host", ["localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0"])
def test_other_spellings_of_this_machine_are_refused_when_it_is_called(host):
    with pytest.raises(BadAddress):
        asyncio.run(resolve(host, 80))
    error = sending.send(f"http://{host}/", {}, b"").error
    assert "public address" in error or "Invalid IPv4 address" in error


def test_a_name_is_resolved_once_and_only_what_was_checked_is_called(monkeypatch, settings):
    """DNS rebinding: the second answer for the name would be this machine; nobody asks for it."""
    settings.WEBHOOK_ALLOW = []
    asked, connected = [], []
    real = socket.getaddrinfo

    def rebinding(host, port, *arguments, **more):
        if host != "rebind.example":
            return real(host, port, *arguments, **more)
        asked.append(host)
        address = "192.0.2.1" if len(asked) > 1 else "203.0.114.7"  # the first one is public
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    async def open_connection(*arguments, **more):
        connected.append(arguments or (more.get("remote_host"),))
        raise OSError("nobody is there")

    import anyio

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    monkeypatch.setattr(anyio, "connect_tcp", open_connection)
    answer = sending.send("http://rebind.example/", {}, b"")
    assert answer.error
    assert asked == ["rebind.example"]
    assert [str(one[0]) for one in connected] == ["203.0.114.7"]


def test_one_public_answer_among_private_ones_is_what_is_called(monkeypatch):
    def both(host, port, *_, **__):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in ("10.0.0.1", "203.0.114.7")]

    monkeypatch.setattr(socket, "getaddrinfo", both)
    assert asyncio.run(resolve("both.example", 80)) == ["203.0.114.7"]


def test_proxies_of_the_environment_are_not_used(monkeypatch, receiver):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    assert sending.send(receiver.url, {}, b"{}").status == 200

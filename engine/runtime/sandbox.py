"""A private view of the machine for one container: its own mounts, processes and host name, no way to our files.

Linux only, by system calls through ctypes (util-linux may be missing); man 2 unshare, mount, mount_setattr, prctl.
"""

import ctypes
import os
import socket
import struct
import sys
from contextlib import suppress
from pathlib import Path

NEWNS, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET = (
    0x00020000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000,
)  # fmt: skip
RDONLY, NOSUID, NODEV, NOEXEC, BIND, REC, PRIVATE = 1, 2, 4, 8, 4096, 16384, 1 << 18
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 1, 36, 24, 38
SYS_MOUNT_SETATTR = 442
AT_FDCWD, AT_RECURSIVE, ATTR_RDONLY = -100, 0x8000, 1
OPT_ML = Path("/opt/ml")

_libc = ctypes.CDLL(None, use_errno=True)


class Refused(Exception):
    """The kernel didn't allow it. The text says what."""


def _check(answer: int, what: str) -> None:
    if answer < 0:
        number = ctypes.get_errno()
        raise Refused(f"{what}: {os.strerror(number)}")


def die_with_parent(parent: int) -> None:
    """SIGKILL this process when its parent ends; at once if it already has. A no-op where prctl isn't."""
    if not sys.platform.startswith("linux"):
        return
    _libc.prctl(PR_SET_PDEATHSIG, 9, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def adopt_orphans() -> None:
    """Make this process the parent of what its descendants leave behind, so that it finds and ends all of it."""
    if sys.platform.startswith("linux"):
        _libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def isolate(network: bool) -> None:
    """Put this process's children into namespaces of their own; in a user namespace of its own where that is needed.

    Raises Refused where the machine allows neither; nothing has changed then.
    """
    if not sys.platform.startswith("linux"):
        raise Refused("namespaces exist on Linux only")
    wanted = NEWNS | NEWPID | NEWUTS | NEWIPC | (0 if network else NEWNET)
    if os.geteuid() == 0 and _libc.unshare(wanted) == 0:
        return
    user, group = os.geteuid(), os.getegid()
    _check(_libc.unshare(wanted | NEWUSER), "unshare")
    with suppress(OSError):
        Path("/proc/self/setgroups").write_text("deny")
    try:
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    except OSError as error:
        raise Refused(f"user namespace: {error.strerror}") from None


def furnish(directory: Path, *, binds: list[tuple[str, str]], hide: list[str], keep: list[str], hostname: str) -> None:
    """Lay out the mounts of the container whose folder is ``directory``; called by the first process of the namespaces.

    ``ml`` becomes /opt/ml, ``tmp`` becomes /tmp; all else is read-only. ``binds`` are (file of the host, path below ml);
    ``hide`` become empty; ``keep`` are folders that must stay visible although they may lie below /tmp.
    """
    os.chdir("/")
    _mount(None, "/", PRIVATE | REC)
    held = _Held()
    ml, tmp = held.path(directory / "ml"), held.path(directory / "tmp")
    files = [(held.path(Path(source)), target) for source, target in binds]
    kept = [(path, held.path(Path(path))) for path in keep if path.startswith(("/tmp/", "/var/tmp/"))]  # noqa: S108
    hosts = held.path(directory / "hosts") if hostname else ""
    _set_readonly("/", recursive=True)
    _provide_opt_ml(held)
    _bind(ml, OPT_ML, writable=True)
    for place in ("/tmp", "/var/tmp"):  # noqa: S108
        if os.path.isdir(place):
            _bind(tmp, Path(place), writable=True)
    for path, handle in kept:
        os.makedirs(path, exist_ok=True)
        _bind(handle, Path(path))
    for handle, target in files:
        _bind(handle, OPT_ML / target)
    _provide_devices(held)
    for path in hide:
        if os.path.isdir(path):
            _mount("tmpfs", path, NOSUID | NODEV | RDONLY, "mode=755,size=4k", kind="tmpfs")
    if hostname:
        _check(_libc.sethostname(hostname.encode(), len(hostname)), "sethostname")
        if os.path.exists("/etc/hosts"):
            _bind(hosts, Path("/etc/hosts"))
    # Read-only: root without capabilities could still write /proc/sys.
    _mount("proc", "/proc", NOSUID | NODEV | NOEXEC | RDONLY, kind="proc")
    # A descriptor of a folder outside leads out of the sandbox by "..".
    held.close()


def lose_privileges() -> None:
    """Give up every capability for good, so that what is mounted stays mounted, also for root."""
    _check(_libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    number = 0
    while _libc.prctl(PR_CAPBSET_DROP, number, 0, 0, 0) == 0:
        number += 1
    header = struct.pack("Ii", 0x20080522, 0)  # _LINUX_CAPABILITY_VERSION_3
    _check(_libc.capset(header, b"\0" * 24), "capset")


def raise_loopback() -> None:
    """A new network namespace has its loopback down: up with it (man 7 netdevice, SIOCSIFFLAGS)."""
    from fcntl import ioctl

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        ioctl(any_socket, 0x8914, struct.pack("16sh14x", b"lo", 1))


def _mount(source: str | None, target: str, flags: int, data: str = "", *, kind: str = "") -> None:
    answer = _libc.mount(
        (source or "none").encode(),
        str(target).encode(),
        kind.encode() or None,
        ctypes.c_ulong(flags),
        data.encode() or None,
    )
    _check(answer, f"mount {target}")


class _Held:
    """Names for paths that stay good when something is mounted over them, while they are held."""

    def __init__(self):
        self.handles = []

    def path(self, path: Path) -> str:
        self.handles.append(os.open(path, os.O_PATH))
        return f"/proc/self/fd/{self.handles[-1]}"

    def close(self) -> None:
        for handle in self.handles:
            os.close(handle)


def _bind(source: str, target: Path, *, writable: bool = False) -> None:
    if not target.exists():
        target.touch()
    _mount(source, str(target), BIND | REC)
    if writable:
        _set_attributes(target, clear=ATTR_RDONLY)
    else:
        _set_readonly(str(target))


def _set_readonly(path: str, *, recursive: bool = False) -> None:
    _set_attributes(Path(path), put=ATTR_RDONLY, recursive=recursive)


def _set_attributes(path: Path, *, put: int = 0, clear: int = 0, recursive: bool = False) -> None:
    attributes = struct.pack("QQQQ", put, clear, 0, 0)
    answer = _libc.syscall(
        SYS_MOUNT_SETATTR, AT_FDCWD, str(path).encode(), AT_RECURSIVE if recursive else 0, attributes, len(attributes)
    )
    _check(answer, f"mount_setattr {path}")


def _provide_opt_ml(held: _Held) -> None:
    """Make /opt/ml exist in this view: a writable layer over /opt that keeps what is there. Python may live in it."""
    if OPT_ML.is_dir():
        return
    opt = OPT_ML.parent
    if not opt.is_dir():
        raise Refused("there is no /opt on this machine")
    entries = [(entry.name, entry.is_symlink(), entry.is_dir()) for entry in os.scandir(opt)]
    sources = {name: os.readlink(opt / name) if link else held.path(opt / name) for name, link, _ in entries}
    _mount("tmpfs", str(opt), NOSUID | NODEV, "mode=755", kind="tmpfs")
    for name, link, folder in entries:
        place = opt / name
        if link:
            place.symlink_to(sources[name])
            continue
        place.mkdir() if folder else place.touch()
        _mount(sources[name], str(place), BIND | REC)
    OPT_ML.mkdir()


def _provide_devices(held: _Held) -> None:
    """A /dev with the harmless devices only: as root, a disk's device would open without any capability."""
    names = ["null", "zero", "full", "random", "urandom", "tty", "kfd", "dri"]
    names += [name for name in os.listdir("/dev") if name.startswith("nvidia")]
    devices = {name: held.path(Path("/dev", name)) for name in names if os.path.exists(f"/dev/{name}")}
    _mount("tmpfs", "/dev", NOSUID | NOEXEC, "mode=755", kind="tmpfs")
    for name, source in devices.items():
        place = Path("/dev", name)
        place.mkdir() if os.path.isdir(source) else place.touch()
        _mount(source, str(place), BIND | REC)
    for name, target in (("fd", "/proc/self/fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")):
        Path("/dev", name).symlink_to(target)
    Path("/dev/shm").mkdir(mode=0o1777)  # noqa: S108
    _mount("tmpfs", "/dev/shm", NOSUID | NODEV, "mode=1777", kind="tmpfs")  # noqa: S108

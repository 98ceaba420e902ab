"""PostgreSQL and Valkey from wheels under one supervisor: `make run` for people, real servers for tests."""

from app.embedded.account import ServerError
from app.embedded.servers import Server, postgres, valkey

__all__ = ["Server", "ServerError", "postgres", "valkey"]

# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Which database options name: its URL, its driver, and the secrets in them."""

import os
import re
from typing import Any, Dict, List
from urllib.parse import quote, quote_plus

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._table.engines import ENGINES
from ansible_collections.community.opensips.plugins.module_utils._table.errors import MissingLibrary

# OpenSIPS writes postgres://, too
_ENGINE_OF = {"postgres": "postgresql", "mariadb": "mysql"}
_DRIVERS = {
    "postgresql": (("psycopg2", "psycopg2"), ("psycopg", "psycopg")),
    "mysql": (("pymysql", "pymysql"), ("mysqldb", "MySQLdb")),
}
_PACKAGES = {"postgresql": "psycopg2", "mysql": "PyMySQL"}


def make_url(sa: Any, params: Dict[str, Any]) -> Any:
    """The URL (sqlalchemy.engine.URL) of a database. sa: the module sqlalchemy. params: as for Database. Raises BadParameters."""
    if params["db_url"] is not None:
        url = _parse(sa, params["db_url"])
    else:
        url = _from_parts(sa, params)
    backend = url.get_backend_name()
    if backend not in ENGINES:
        raise BadParameters(
            f"db_url: databases of the type {backend} are not supported",
            f"Supported are {', '.join(ENGINES)}",
        )
    if backend == "sqlite" and url.database in (None, "", ":memory:"):
        raise BadParameters("db_url does not name a file", "Write it as sqlite:////path/of/the/file, or set login_db")
    if "+" in url.drivername or backend == "sqlite":
        return url
    return url.set(drivername=f"{url.drivername}+{_driver(sa, backend)}")


def _parse(sa: Any, text: str) -> Any:
    scheme, colon, rest = text.partition(":")
    backend, plus, driver = scheme.partition("+")
    if not colon or not re.match(r"[a-z_]+\Z", backend):
        raise BadParameters("db_url is not a URL", "Write it as mysql://user:password@host/opensips")
    if _ENGINE_OF.get(backend, backend) not in ENGINES:
        raise BadParameters(
            f"db_url: databases of the type {backend} are not supported",
            f"Supported are {', '.join(ENGINES)}",
        )
    try:
        url = sa.engine.make_url(_ENGINE_OF.get(backend, backend) + plus + driver + ":" + rest)
    except (sa.exc.ArgumentError, ValueError):
        # its message has the URL, and with it the password
        url = None
    # of a password with an @ the rest would be taken for a host and a database, and messages name these
    if url is None or (url.get_backend_name() != "sqlite" and _is_torn(url, rest)):
        raise BadParameters(
            "db_url is not valid",
            "Write it as mysql://user:password@host/opensips. Escape special characters of the password, such as %40 for @",
        )
    return url


def _is_torn(url: Any, rest: str) -> bool:
    return rest.count("@") > 1 or "@" in (url.host or "") + (url.database or "")


def _from_parts(sa: Any, params: Dict[str, Any]) -> Any:
    engine = params["db_engine"]
    if engine is None:
        raise BadParameters("Neither db_url nor db_engine is set", "Set one of them to the database that OpenSIPS uses")
    name = params["login_db"] or (None if engine == "sqlite" else "opensips")
    query = {}
    socket = params["login_unix_socket"]
    if engine == "sqlite":
        if name is None:
            raise BadParameters("login_db is not set", "For sqlite it is the path of the file")
        return sa.engine.URL.create("sqlite", database=name)
    if socket is not None and params["login_host"] is not None:
        raise BadParameters("login_host and login_unix_socket are both set", "Set one of them")
    if socket is not None and engine == "postgresql":
        # the directory; the name of the file follows from the port
        query["host"] = os.path.dirname(socket) if os.path.basename(socket).startswith(".s.PGSQL.") else socket
    elif socket is not None:
        query["unix_socket"] = socket
    return sa.engine.URL.create(
        engine,
        username=params["login_user"],
        password=params["login_password"],
        host=params["login_host"],
        port=params["login_port"],
        database=name,
        query=query,
    )


def _driver(sa: Any, backend: str) -> str:
    import importlib

    for driver, module in _DRIVERS[backend]:
        if driver == "psycopg" and sa.__version__.startswith("1."):
            continue
        try:
            importlib.import_module(module)
            return driver
        except ImportError:
            pass
    raise MissingLibrary(_PACKAGES[backend], f"The Python library for {backend} is not installed")


def secrets_of(params: Dict[str, Any], url: Any) -> List[str]:
    """The texts that no message may have: passwords as they are given, decoded and as drivers write them, the longest first."""
    words = [params["login_password"], url.password]
    words += [value for name, value in url.query.items() if re.search("pass|pwd|secret|token", name)]
    if params["db_url"]:
        login = params["db_url"].partition("//")[2].rpartition("@")[0]
        words += [params["db_url"], login.partition(":")[2]]
    secrets = set()
    for word in filter(None, words):
        for text in [word] if isinstance(word, str) else list(map(str, word if isinstance(word, tuple) else [word])):
            quoted = [quote(text, safe=safe) for safe in ("", "/", " +")]
            secrets.update([text, quote_plus(text), repr(text)[1:-1], " ".join(text.split())] + quoted)
    return sorted(filter(None, secrets), key=len, reverse=True)

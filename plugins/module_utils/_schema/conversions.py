# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What a newer OpenSIPS keeps elsewhere, or writes in another way, than an older one: as SQL expressions over the old row.

Source: the code of the modules that read the tables, in each series. The migration of OpenSIPS itself (scripts/mysql/table-migrate.sql)
copies what is marked with (+) unchanged, and the newer server misreads it.

    series  table          what
    2.1     sip_trace      fromip and toip (``udp:10.0.0.1:5060``) became three columns each
    2.2     sip_trace      traced_user became trace_attrs
    2.2     location       id became contact_id
    2.3     clusterer      machine_id became node_id
    2.4     location       expires became a number of seconds
    3.0     tls_mgm        address became match_ip_address; there is no default domain (+), no row for both directions (+)
    3.1     cc_agents      last_call_end became wrapup_end_time
    3.1     dr_carriers    bit 0 of flags became sort_alg, the other bits moved down (+)
    3.4     dialog         script_flags holds names; vars and profiles have the type of each value (+)
"""

from typing import Callable, Dict, List, NamedTuple, Optional, Tuple

from ansible_collections.community.opensips.plugins.module_utils._schema.model import Table

#: Quotes the name of a column of the old table; the empty name is the table itself
Quoting = Callable[[str], str]
#: An expression: a function of the dialect and of a Quoting
Expression = Callable[[str, Quoting], str]

# The bits of dialog.script_flags
_FLAGS = 32


class Conversion(NamedTuple):
    """Where the value of a column comes from.

    needs: columns of the old table that it reads; it holds for tables that have all of them. expression: Expression.
    """

    needs: Tuple[str, ...]
    expression: Expression


class Source(NamedTuple):
    """Rows of the new table that come from rows of the old one. where: Expression or None for every row. values: {column: Expression}."""

    where: Optional[Expression]
    values: Dict[str, Expression]


def conversion(before: Table, after: Table, column: str) -> Optional[Conversion]:
    """How to make the value of a column of ``after`` from a row of ``before``; None for one that is copied, or has its default."""
    for applies, table, name, found in _CONVERSIONS:
        if table == after.name and name == column and applies(before, after):
            return found
    return None


def sources(before: Table, after: Table) -> List[Source]:
    """Where the rows of ``after`` come from: the first one is each row of ``before`` by itself."""
    if after.name == "tls_mgm" and _moved("address", "match_ip_address")(before, after):
        return [Source(None, {"type": _one_direction}), Source(_both_directions, {"id": _next_id, "type": _server})]
    return [Source(None, {})]


def unreadable(before: Table, after: Table) -> Optional[str]:
    """Why rows of ``before`` cannot become rows of ``after``; None if they can."""
    if after.name == "tls_mgm" and before.version == 1 and after.version != 1:
        return "OpenSIPS 2.2 kept the names of certificate files there, newer versions keep the certificates themselves"
    return None


# Expressions


def _copy(name: str) -> Expression:
    return lambda _dialect, quoted: quoted(name)


def _constant(text: str) -> Expression:
    return lambda _dialect, _quoted: text


def character(dialect: str, code: int) -> str:
    """A character by its code: how backslashes are read in quotes depends on the database's settings."""
    if dialect == "mysql":
        return f"CHAR({code} USING ascii)"
    return f"CHR({code})" if dialect == "postgresql" else f"CHAR({code})"


def concatenated(dialect: str, parts: List[str]) -> str:
    """The texts (list of str) one after the other."""
    return f"CONCAT({', '.join(parts)})" if dialect == "mysql" else " || ".join(parts)


def as_text(dialect: str, expression: str) -> str:
    """A number as text."""
    return f"CAST({expression} AS {'CHAR' if dialect == 'mysql' else 'TEXT'})"


def _since_1970(dialect: str, quoted: Quoting) -> str:
    # OpenSIPS writes times in those of its host
    name = quoted("expires")
    if dialect == "sqlite":
        return f"CAST(strftime('%s', {name}, 'utc') AS INTEGER)"
    if dialect == "mysql":
        return f"UNIX_TIMESTAMP({name})"
    return f"CAST(EXTRACT(EPOCH FROM {name} AT TIME ZONE current_setting('TimeZone')) AS INTEGER)"


def _replaced(expression: str, steps: List[Tuple[str, str]]) -> str:
    for old, new in steps:
        expression = f"REPLACE({expression}, {old}, {new})"
    return expression


def _typed_pairs(dialect: str, text: str) -> str:
    """``name#value|`` as ``name#1#value|``; "\\", "#" and "|" of names and values stand behind a backslash."""
    backslash = character(dialect, 92)
    kept = [
        (concatenated(dialect, [backslash, other]), character(dialect, mark))
        for mark, other in ((1, backslash), (2, "'#'"))
    ]
    restored = [(mark, pair) for pair, mark in kept]
    return _replaced(text, kept + [("'#'", "'#1#'")] + restored)


def _pairs(name: str, is_bytes: bool) -> Expression:
    """The column (str) with pairs that have types. is_bytes: whether PostgreSQL has it as BYTEA."""

    def expression(dialect: str, quoted: Quoting) -> str:
        column = quoted(name)
        if dialect == "sqlite":
            # db_sqlite writes either type into either column
            converted = _typed_pairs(dialect, f"CAST({column} AS TEXT)")
            return f"CASE TYPEOF({column}) WHEN 'blob' THEN CAST({converted} AS BLOB) ELSE {converted} END"
        if dialect == "postgresql" and is_bytes:
            # every byte is a character of LATIN1
            converted = _typed_pairs(dialect, f"CONVERT_FROM({column}, 'LATIN1')")
            return f"CONVERT_TO({converted}, 'LATIN1')"
        return _typed_pairs(dialect, column)

    return expression


def _flag_names(dialect: str, quoted: Quoting) -> str:
    """The names of the flags that are set, with blanks between. Until 3.3 a configuration wrote their numbers."""
    name = quoted("script_flags")
    name = f"CAST({name} AS BIGINT)" if dialect == "postgresql" else name
    parts = [f"CASE WHEN ({name} & {1 << bit}) = 0 THEN '' ELSE '{bit} ' END" for bit in range(_FLAGS)]
    return f"NULLIF(TRIM({concatenated(dialect, parts)}), '')"


def _sorting(_dialect: str, quoted: Quoting) -> str:
    return f"CASE WHEN ({quoted('flags')} & 1) = 0 THEN 'N' ELSE 'W' END"


def _carrier_flags(_dialect: str, quoted: Quoting) -> str:
    # 0x2, only the first gateway, became 0x1; 0x4, off, became 0x2, and state says the same
    return f"(({quoted('flags')} & 6) >> 1)"


def _is_default(quoted: Quoting) -> str:
    # 2.4 compared this many characters
    return f"SUBSTR({quoted('domain')}, 1, 7) = 'default'"


def _matching_address(_dialect: str, quoted: Quoting) -> str:
    return f"CASE WHEN {_is_default(quoted)} THEN '*' ELSE COALESCE(NULLIF({quoted('address')}, ''), '*') END"


def _matching_domain(_dialect: str, quoted: Quoting) -> str:
    """A client domain without an address was found by its name alone: it must not match every destination."""
    named = f"{quoted('type')} = 1 AND NOT {_is_default(quoted)} AND COALESCE({quoted('address')}, '') = ''"
    return f"CASE WHEN {named} THEN {quoted('domain')} ELSE '*' END"


def _both_directions(_dialect: str, quoted: Quoting) -> str:
    return f"{quoted('type')} = 0"


def _one_direction(_dialect: str, quoted: Quoting) -> str:
    return f"CASE {quoted('type')} WHEN 0 THEN 1 ELSE {quoted('type')} END"


def _server(_dialect: str, _quoted: Quoting) -> str:
    return "2"


def _next_id(_dialect: str, quoted: Quoting) -> str:
    return f"{quoted('id')} + (SELECT MAX({quoted('id')}) FROM {quoted('')})"  # nosec B608


def _protocol(name: str) -> Expression:
    return lambda dialect, quoted: f"SUBSTR({quoted(name)}, 1, {_position(dialect, quoted(name))} - 1)"


def _position(dialect: str, name: str) -> str:
    return f"STRPOS({name}, ':')" if dialect == "postgresql" else f"INSTR({name}, ':')"


def _without_port(dialect: str, quoted: Quoting, name: str) -> str:
    """``udp:10.0.0.1:`` of ``udp:10.0.0.1:5060``."""
    if dialect == "mysql":
        return f"SUBSTR({quoted(name)}, 1, CHAR_LENGTH({quoted(name)}) - CHAR_LENGTH(SUBSTRING_INDEX({quoted(name)}, ':', -1)))"
    return f"RTRIM({quoted(name)}, '0123456789')"


def _ip(name: str) -> Expression:
    def expression(dialect: str, quoted: Quoting) -> str:
        head, start = _without_port(dialect, quoted, name), _position(dialect, quoted(name))
        return f"SUBSTR({head}, {start} + 1, LENGTH({head}) - {start} - 1)"

    return expression


def _port(name: str) -> Expression:
    def expression(dialect: str, quoted: Quoting) -> str:
        digits = f"SUBSTR({quoted(name)}, LENGTH({_without_port(dialect, quoted, name)}) + 1)"
        return f"CAST({digits} AS {'UNSIGNED' if dialect == 'mysql' else 'INTEGER'})"

    return expression


# When they apply


def _moved(old: str, new: str) -> Callable[[Table, Table], bool]:
    """Whether the older table has the one column, and the newer table the other instead."""
    return lambda before, after: old in before.columns and old not in after.columns and new not in before.columns


def _new(name: str) -> Callable[[Table, Table], bool]:
    return lambda before, after: name in after.columns and name not in before.columns


def _retyped(name: str, old: str, new: str) -> Callable[[Table, Table], bool]:
    return lambda before, after: before.columns[name].type == old and after.columns[name].type == new


_Found = Tuple[Callable[[Table, Table], bool], str, str, Conversion]


def _renamed(table: str, old: str, new: str) -> _Found:
    return _moved(old, new), table, new, Conversion((old,), _copy(old))


def _filled(table: str, name: str, value: str) -> _Found:
    """A new column that has neither NULL nor a default. value: SQL."""
    return _new(name), table, name, Conversion((), _constant(value))


_NAMED_FLAGS = _retyped("script_flags", "int", "char")
_DOMAIN_FILTERS = _moved("address", "match_ip_address")
_CONVERSIONS: List[_Found] = [
    _renamed("sip_trace", "traced_user", "trace_attrs"),
    _renamed("location", "id", "contact_id"),
    _renamed("clusterer", "machine_id", "node_id"),
    _renamed("cc_agents", "last_call_end", "wrapup_end_time"),
    (_retyped("expires", "datetime", "int"), "location", "expires", Conversion(("expires",), _since_1970)),
    (_DOMAIN_FILTERS, "tls_mgm", "match_ip_address", Conversion(("address", "domain"), _matching_address)),
    (_DOMAIN_FILTERS, "tls_mgm", "match_sip_domain", Conversion(("address", "domain", "type"), _matching_domain)),
    (_new("sort_alg"), "dr_carriers", "sort_alg", Conversion(("flags",), _sorting)),
    (_new("sort_alg"), "dr_carriers", "flags", Conversion(("flags",), _carrier_flags)),
    (_NAMED_FLAGS, "dialog", "script_flags", Conversion(("script_flags",), _flag_names)),
    (_NAMED_FLAGS, "dialog", "vars", Conversion(("vars",), _pairs("vars", True))),
    (_NAMED_FLAGS, "dialog", "profiles", Conversion(("profiles",), _pairs("profiles", False))),
    # what OpenSIPS' own migration writes
    _filled("b2b_entities", "mod_name", "'b2b_logic'"),
    _filled("cc_calls", "script_param", "''"),
    _filled("cc_calls", "media", "0"),
    _filled("cc_flows", "message_dissuading", "''"),
] + [
    (_moved(old, f"{side}_ip"), "sip_trace", f"{side}_{part}", Conversion((old,), made(old)))
    for side, old in (("from", "fromip"), ("to", "toip"))
    for part, made in (("proto", _protocol), ("ip", _ip), ("port", _port))
]

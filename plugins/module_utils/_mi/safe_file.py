# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Files in directories that others may write to, too: opened, made and replaced so that nobody else's file is used.

Everything here raises OSError only, UnsafeFile among them, also for a path that cannot be one. Paths are str or bytes; a str is
UTF-8 on disk whatever the locale, as it is for Ansible's own modules. None of it relies on protected_symlinks,
protected_hardlinks, protected_regular or protected_fifos of the kernel.
"""

import contextlib
import errno
import fcntl
import functools
import os
import re
import stat
from typing import Callable, Iterable, Iterator, Tuple, Union

from ansible_collections.community.opensips.plugins.module_utils._mi import cleanup

# a path as callers give it
Path = Union[str, bytes]
# what somebody else put there is neither followed nor waited for
_SAFELY = os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH
_KINDS = (
    (stat.S_ISLNK, "a symbolic link"),
    (stat.S_ISDIR, "a directory"),
    (stat.S_ISFIFO, "a FIFO"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)
# of the 255 bytes that a file's name may have
_NAME_OF_TEMPORARY = 200


class UnsafeFile(OSError):
    """What is at a path is no file to use; strerror says why."""

    def __init__(self, why: str) -> None:
        super().__init__(errno.EPERM, why)


def remedy(error: OSError, otherwise: str) -> str:
    """What to do about an OSError of this module (str). otherwise: for all that is no UnsafeFile."""
    return "Move it away, or name another file" if isinstance(error, UnsafeFile) else otherwise


def path_of(path: Path) -> bytes:
    """A path as the system takes it (bytes). Raises UnsafeFile."""
    if isinstance(path, str):
        try:
            path = path.encode("utf-8", "surrogateescape")
        except UnicodeEncodeError:
            raise UnsafeFile("its path is no text that UTF-8 can express") from None
    if b"\0" in path:
        raise UnsafeFile("its path contains a NUL")
    return path


def exists(path: Path) -> bool:
    """Whether there is anything at path, be it a link that leads nowhere; who opens what cannot be a path is told why."""
    try:
        return os.path.lexists(path_of(path))
    except UnsafeFile:
        return True


def open_own(path: Path, flags: int, mode: int = 0o600) -> int:
    """The descriptor of a file that only this user, or root, can have written. flags, mode: as for os.open().

    It is a regular file with no other name, belongs to this user or to root, and nobody else may write to it.
    """
    path = path_of(path)
    # a device may act when it is opened
    _check_what_is_there(path, _check_own)
    return _checked(os.open(path, flags | _SAFELY, mode), _check_own)


def open_input(path: Path) -> int:
    """The descriptor of a regular file that the user named, to read; it may belong to anybody, and be behind links of this user's.

    In a directory that everybody may write to, it is no link, and belongs to this user, to root or to the directory's owner.
    """
    path = path_of(path)
    _check_link(path)
    real = os.path.realpath(path)
    directory = os.stat(os.path.dirname(real))

    def check(status: os.stat_result) -> None:
        _check_regular(status)
        if _is_shared(directory):
            _check_owner(status, directory.st_uid)
            if status.st_mode & stat.S_IWOTH:
                raise UnsafeFile("everybody may write to it")

    check(os.lstat(real))
    return _checked(os.open(real, os.O_RDONLY | _SAFELY), check)


def check_replaceable(path: Path) -> None:
    """Raise OSError unless replace() or create() can put a file at path; nothing is made."""
    path = path_of(path)
    _check_what_is_there(path, _check_ours)
    directory = os.path.dirname(os.path.abspath(path))
    if not os.path.isdir(directory) or not os.access(directory, os.W_OK | os.X_OK):
        raise OSError(errno.EACCES, f"{_as_text(directory)} is no directory that this user may write to")


def create(path: Path) -> int:
    """The descriptor of a new, empty file, mode 0600, in the place of what was at path; to write."""
    path = path_of(path)
    _check_what_is_there(path, _check_ours)
    with _temporary(path) as (temporary, fd):
        try:
            os.rename(temporary, path)
        except BaseException:
            os.close(fd)
            raise
    return fd


def replace(path: Path, parts: Iterable[bytes]) -> None:
    """Put a new file, mode 0600, in the place of what was at path; either of both is there whole, whatever happens.

    parts: iterable of bytes. It is on disk when this returns.
    """
    path = path_of(path)
    _check_what_is_there(path, _check_ours)
    with _temporary(path) as (temporary, fd):
        with open(fd, "wb") as target:
            for part in parts:
                target.write(part)
            target.flush()
            os.fsync(fd)
        os.rename(temporary, path)
    sync_directory(path)


@contextlib.contextmanager
def staged(path: Path, data: bytes, mode: int, owner: Tuple[int, int]) -> Iterator[Callable[[], None]]:
    """A new file with data beside path, on disk: the function that is given puts it in the place of what was at path.

    Its name there is on disk after sync_directory().
    What is there must be a regular file, of whomever: a service may own its files. owner: (user id, group id) of the new file.
    """
    path = path_of(path)
    _check_what_is_there(path, _check_regular)
    with _temporary(path) as (temporary, fd):
        with open(fd, "wb") as target:
            target.write(data)
            target.flush()
            os.fchown(fd, *owner)
            os.fchmod(fd, mode)
            os.fsync(fd)
            # a killed process has none any more; some file systems have no locks
            with contextlib.suppress(OSError):
                fcntl.flock(fd, fcntl.LOCK_EX)
            yield functools.partial(os.rename, temporary, path)


def remove_leftovers(path: Path) -> None:
    """Remove the new files that processes which were killed inside of staged() left beside path."""
    directory, name = os.path.split(path_of(path))
    pattern = re.compile(re.escape(name[:_NAME_OF_TEMPORARY]) + rb"\.[0-9a-f]{24}\.new\Z")
    with contextlib.suppress(OSError):
        for found in filter(pattern.match, os.listdir(directory or b".")):
            _remove_leftover(os.path.join(directory, found))


def _remove_leftover(path: bytes) -> None:
    with contextlib.suppress(OSError), open(os.open(path, os.O_RDONLY | _SAFELY), "rb") as file:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.unlink(path)


def write(fd: int, data: bytes) -> None:
    """Write all of data (bytes)."""
    while data:
        data = data[os.write(fd, data) :]


def sync_directory(path: Path) -> None:
    """Have the name of a new file, path, on disk."""
    try:
        fd = os.open(os.path.dirname(path_of(path)) or b".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except PermissionError:
        # files may be made there, but nobody may look
        return
    try:
        os.fsync(fd)
    except OSError as error:
        # some file systems have nothing to do for it
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(fd)


def make_directories(path: Path) -> None:
    """Make a directory and what is missing above it, all with mode 0700, whatever the umask."""
    path = path_of(path)
    missing = []
    while path and not os.path.isdir(path):
        missing.append(path)
        path = os.path.dirname(path)
    for directory in reversed(missing):
        try:
            os.mkdir(directory, 0o700)
        except FileExistsError:
            if not os.path.isdir(directory):
                raise


@contextlib.contextmanager
def _temporary(path: bytes) -> Iterator[Tuple[bytes, int]]:
    """(name, descriptor) of a new file beside path with a name that nobody can guess; gone in the end, unless it was renamed."""
    directory, name = os.path.split(path)
    random = os.urandom(12).hex().encode("ascii")
    temporary = os.path.join(directory, b".".join((name[:_NAME_OF_TEMPORARY], random, b"new")))
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _SAFELY, 0o600)
    cleanup.remember(temporary)
    try:
        yield temporary, fd
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    finally:
        cleanup.forget(temporary)


def _check_link(path: bytes) -> None:
    """Somebody else's link would show, in errors, what only this user may read."""
    status = os.lstat(path)
    if not stat.S_ISLNK(status.st_mode):
        return
    if status.st_uid not in (os.geteuid(), 0):
        raise UnsafeFile("it is a symbolic link of another user")
    if _is_shared(os.stat(os.path.dirname(path) or b".")):
        raise UnsafeFile("it is a symbolic link in a directory that everybody may write to")


def _checked(fd: int, check: Callable[[os.stat_result], None]) -> int:
    """fd, if check(its status) does not raise."""
    try:
        check(os.fstat(fd))
    except BaseException:
        os.close(fd)
        raise
    return fd


def _check_what_is_there(path: bytes, check: Callable[[os.stat_result], None]) -> None:
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        return
    check(status)


def _check_ours(status: os.stat_result) -> None:
    """What may be replaced."""
    _check_regular(status)
    _check_owner(status)


def _check_own(status: os.stat_result) -> None:
    """What may be written to, or believed."""
    _check_ours(status)
    if status.st_nlink > 1:
        raise UnsafeFile("it has another name, too (a hard link)")
    if status.st_mode & _OTHERS_MAY_WRITE:
        raise UnsafeFile(f"others may write to it (mode {stat.S_IMODE(status.st_mode):04o})")


def _check_regular(status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        kind = next((kind for is_kind, kind in _KINDS if is_kind(status.st_mode)), "no regular file")
        raise UnsafeFile(f"it is {kind}")


def _check_owner(status: os.stat_result, *trusted: int) -> None:
    """trusted: ids of users besides this one and root."""
    if status.st_uid not in (os.geteuid(), 0) + trusted:
        raise UnsafeFile(f"it belongs to the user {_user(status.st_uid)}")


def _user(uid: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _is_shared(directory: os.stat_result) -> bool:
    """Whether everybody may write to a directory. directory: its status."""
    return bool(directory.st_mode & stat.S_IWOTH)


def _as_text(path: bytes) -> str:
    return path.decode("utf-8", "replace")

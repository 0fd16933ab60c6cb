# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files where others may write, too: nothing of theirs is opened, followed, waited for, written to or replaced by half."""

import errno
import os
import resource
import socket
import stat

import pytest

from ansible_collections.community.opensips.plugins.module_utils._mi import safe_file
from ansible_collections.community.opensips.plugins.module_utils._mi.safe_file import UnsafeFile
from ansible_collections.community.opensips.tests.unit.plugins.module_utils._mi.children import finish, start_python

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to give files to other users")
NOBODY = 65534
READ, APPEND = os.O_RDONLY, os.O_RDWR | os.O_CREAT | os.O_APPEND


pytestmark = pytest.mark.usefixtures("umask")


def link(path):
    path.with_name("victim").write_text("precious")
    path.symlink_to(path.with_name("victim"))


def unix_socket(path):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.close()


def hard_link(path):
    path.with_name("victim").write_text("precious")
    os.link(str(path.with_name("victim")), str(path))


def writable(mode):
    def make(path):
        path.write_text("")
        path.chmod(mode)

    return make


# what is no file to anybody -> the words for it
NO_FILES = {
    "link": (link, "symbolic link"),
    "dangling link": (lambda path: path.symlink_to(path.with_name("victim")), "symbolic link"),
    "directory": (lambda path: path.mkdir(), "directory"),
    "FIFO": (lambda path: os.mkfifo(str(path)), "FIFO"),
    "socket": (unix_socket, "socket"),
}
# what is a file, and one that somebody else can have written
OTHERS = {
    "hard link": (hard_link, "another name"),
    "written by all": (writable(0o666), "mode 0666"),
    "written by a group": (writable(0o660), "mode 0660"),
}


def planted(directory, kind):
    """(path, words of the error) of something in the place of a file."""
    make, words = dict(NO_FILES, **OTHERS)[kind]
    make(directory / "file")
    return str(directory / "file"), words


def untouched(directory):
    """Nothing was made or written behind links."""
    victim = directory / "victim"
    return not victim.exists() or victim.read_text() == "precious"


@pytest.mark.parametrize("flags", [READ, APPEND])
@pytest.mark.parametrize("kind", sorted(NO_FILES) + sorted(OTHERS))
def test_what_is_not_opened(tmp_path, kind, flags):
    path, words = planted(tmp_path, kind)
    with pytest.raises(UnsafeFile, match=words):
        safe_file.open_own(path, flags)
    assert untouched(tmp_path)


@pytest.mark.parametrize("flags", [READ, APPEND])
def test_a_device_is_not_opened(flags, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(os, "open", lambda *_args: pytest.fail("it may act when it is opened"))
        with pytest.raises(UnsafeFile, match="device"):
            safe_file.open_own("/dev/full", flags)


@pytest.mark.parametrize("flags", [READ, APPEND])
@pytest.mark.parametrize("kind", sorted(NO_FILES) + sorted(OTHERS))
def test_what_is_put_there_between_looking_and_opening(tmp_path, monkeypatch, kind, flags):
    monkeypatch.setattr(safe_file, "_check_what_is_there", lambda *_args: None)
    path, _words = planted(tmp_path, kind)
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(OSError):
        safe_file.open_own(path, flags)
    assert untouched(tmp_path)
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_file_of_somebody_else(tmp_path, monkeypatch):
    path = tmp_path / "file"
    path.write_text("believe me")
    if os.geteuid() == 0:
        os.chown(str(path), NOBODY, NOBODY)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: NOBODY)
    for flags in (READ, APPEND):
        with pytest.raises(UnsafeFile, match="belongs to the user"):
            safe_file.open_own(str(path), flags)
    for use in (safe_file.check_replaceable, safe_file.create, lambda path: safe_file.replace(path, [b"mine"])):
        with pytest.raises(UnsafeFile, match="belongs to the user"):
            use(str(path))
    assert path.read_text() == "believe me"
    assert os.listdir(str(tmp_path)) == ["file"]


def test_a_user_without_a_name(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(safe_file.os, "geteuid", lambda: 4000000000)
    monkeypatch.setattr("pwd.getpwuid", lambda uid: {}[uid])
    if os.stat(str(tmp_path / "file")).st_uid:
        with pytest.raises(UnsafeFile, match="user {0}".format(os.getuid())):
            safe_file.open_own(str(tmp_path / "file"), READ)


def test_what_is_opened(tmp_path):
    path = str(tmp_path / "file")
    with pytest.raises(FileNotFoundError):
        safe_file.open_own(path, READ)
    os.umask(0)
    fd = safe_file.open_own(path, APPEND)
    safe_file.write(fd, b"x" * 100000)
    assert stat.S_IMODE(os.fstat(fd).st_mode) == 0o600
    os.close(fd)
    # also one that everybody may read
    os.chmod(path, 0o644)
    os.close(safe_file.open_own(path, READ))


# ---- replacing


def content(path):
    with open(str(path), "rb") as source:
        return source.read()


@pytest.mark.parametrize("kind", sorted(NO_FILES))
def test_what_is_not_replaced(tmp_path, kind):
    path, words = planted(tmp_path, kind)
    left = sorted(os.listdir(str(tmp_path)))
    for use in (safe_file.check_replaceable, safe_file.create, lambda path: safe_file.replace(path, [b"mine"])):
        with pytest.raises(UnsafeFile, match=words):
            use(path)
    assert sorted(os.listdir(str(tmp_path))) == left and untouched(tmp_path)


@pytest.mark.parametrize("kind", sorted(OTHERS))
def test_what_is_replaced_and_not_written_to(tmp_path, kind):
    path, _words = planted(tmp_path, kind)
    safe_file.check_replaceable(path)
    with open(path, "rb") as reader:
        safe_file.replace(path, [b"se", b"cret"])
        fd = safe_file.create(path)
        safe_file.write(fd, b"more")
        os.close(fd)
        # who had it open sees nothing of it
        assert reader.read() in (b"", b"precious")
    assert content(path) == b"more" and untouched(tmp_path)
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600


def test_the_mode_whatever_the_umask(tmp_path):
    for mask in (0, 0o077, 0o777):
        os.umask(mask)
        safe_file.replace(str(tmp_path / "a"), [b""])
        os.close(safe_file.create(str(tmp_path / "b")))
        assert {stat.S_IMODE(os.stat(str(each)).st_mode) for each in tmp_path.iterdir()} <= {0o600, 0o600 & ~mask}


def test_the_temporary_name_cannot_be_guessed(tmp_path):
    path, seen = str(tmp_path / "file"), []

    def parts():
        seen.extend(set(os.listdir(str(tmp_path))) - {"file"})
        yield b"x"

    for _again in range(3):
        safe_file.replace(path, parts())
    assert len(set(seen)) == 3
    assert all(each.startswith("file.") and each.endswith(".new") and len(each) > 30 for each in seen)
    assert os.listdir(str(tmp_path)) == ["file"]


def test_what_others_planted_under_a_name_that_can_be_guessed(tmp_path):
    (tmp_path / "victim").write_text("precious")
    for name in ("file.new", "file.tmp", ".file.new"):
        (tmp_path / name).symlink_to(tmp_path / "victim")
    safe_file.replace(str(tmp_path / "file"), [b"mine"])
    os.close(safe_file.create(str(tmp_path / "other")))
    assert untouched(tmp_path) and content(tmp_path / "file") == b"mine"


def test_a_long_name(tmp_path):
    path = str(tmp_path / ("x" * 255))
    safe_file.replace(path, [b"mine"])
    assert content(path) == b"mine"


@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC, errno.EDQUOT])
@pytest.mark.parametrize("where", ["fsync", "rename", "write", "interrupted"])
def test_a_disk_that_fails_leaves_the_old_file_and_no_other(tmp_path, monkeypatch, where, code):
    path = tmp_path / "file"
    path.write_text("old")

    def fails(*_args):
        raise OSError(code, os.strerror(code))

    def parts():
        yield b"new"
        if where == "write":
            fails()
        if where == "interrupted":
            raise KeyboardInterrupt

    if where in ("fsync", "rename"):
        monkeypatch.setattr(os, where, fails)
    with pytest.raises(KeyboardInterrupt if where == "interrupted" else OSError):
        safe_file.replace(str(path), parts())
    if where == "rename":
        with pytest.raises(OSError):
            safe_file.create(str(path))
    assert content(path) == b"old" and os.listdir(str(tmp_path)) == ["file"]


def test_a_file_that_may_not_grow(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(OSError) as raised:
            safe_file.replace(str(path), [b"x" * 100] * 100)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert raised.value.errno == errno.EFBIG
    assert content(path) == b"old" and os.listdir(str(tmp_path)) == ["file"]


KILLED = """
import os, signal, sys
from ansible_collections.community.opensips.plugins.module_utils._mi import safe_file
def parts():
    yield b"new"
    os.kill(os.getpid(), signal.SIGTERM)
    yield b"never"
safe_file.replace(sys.argv[1], parts())
"""


def test_ended_by_a_signal(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")
    status, _output, errors = finish(start_python(KILLED, path))
    assert status == -15, errors
    assert content(path) == b"old" and os.listdir(str(tmp_path)) == ["file"]


def test_a_directory_is_on_disk_where_that_can_be_had(tmp_path, monkeypatch):
    real, failing = os.fsync, []

    def fsync(fd):
        if stat.S_ISDIR(os.fstat(fd).st_mode):
            failing.append(fd)
            raise OSError(code, "x")
        real(fd)

    monkeypatch.setattr(os, "fsync", fsync)
    code = errno.EINVAL
    safe_file.replace(str(tmp_path / "file"), [b""])
    code = errno.EIO
    with pytest.raises(OSError):
        safe_file.replace(str(tmp_path / "file"), [b""])
    assert len(failing) == 2


# ---- directories


def test_parents_whatever_the_umask(tmp_path):
    os.umask(0)
    (tmp_path / "there").mkdir(mode=0o755)
    deep = tmp_path / "there" / "a" / "b" / "c"
    for _again in range(2):
        safe_file.make_directories(str(deep))
        modes = [stat.S_IMODE(each.stat().st_mode) for each in (deep, deep.parent, deep.parent.parent)]
        assert modes == [0o700] * 3
    assert stat.S_IMODE((tmp_path / "there").stat().st_mode) == 0o755


def test_what_is_no_directory(tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "link").symlink_to(tmp_path / "nothing")
    for name in ("file", "file/below", "link", "link/below"):
        with pytest.raises(OSError):
            safe_file.make_directories(str(tmp_path / name))
    assert not (tmp_path / "nothing").exists()
    (tmp_path / "link").unlink()
    (tmp_path / "link").symlink_to(tmp_path)
    safe_file.make_directories(str(tmp_path / "link" / "below"))
    assert (tmp_path / "below").is_dir()


def test_directories_relative_to_the_current_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    safe_file.make_directories("a/b")
    safe_file.make_directories("")
    os.close(safe_file.create("a/b/file"))
    safe_file.replace("file", [b"x"])
    safe_file.check_replaceable("other")
    assert content(tmp_path / "file") == b"x"


# ---- what the user names


def read(path):
    with open(safe_file.open_input(str(path)), "rb") as source:
        return source.read()


@pytest.mark.parametrize("kind", ["directory", "FIFO", "socket"])
@pytest.mark.parametrize("through_a_link", [False, True])
def test_input_that_is_no_file(tmp_path, kind, through_a_link):
    path, words = planted(tmp_path, kind)
    if through_a_link:
        (tmp_path / "link").symlink_to(path)
        path = tmp_path / "link"
    with pytest.raises(UnsafeFile, match=words):
        read(path)


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/null"])
def test_input_that_never_ends(path):
    with pytest.raises(UnsafeFile, match="device"):
        read(path)


def test_input_that_is_not_there(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "nothing")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for name in ("nothing", "none/nothing", "link", "loop"):
        with pytest.raises(OSError):
            read(tmp_path / name)


def test_input_of_anybody_in_a_directory_of_its_own(tmp_path):
    path = tmp_path / "file"
    path.write_text("rows")
    path.chmod(0o666)
    (tmp_path / "link").symlink_to(path)
    if os.geteuid() == 0:
        os.chown(str(path), NOBODY, NOBODY)
    assert read(path) == read(tmp_path / "link") == b"rows"


def test_input_where_everybody_may_write(shared, tmp_path):
    path = shared / "file"
    path.write_text("rows")
    assert read(path) == b"rows"
    (shared / "link").symlink_to(path)
    with pytest.raises(UnsafeFile, match="symbolic link in a directory"):
        read(shared / "link")
    path.chmod(0o646)
    for each in (path, tmp_path / "outside"):
        if each != path:
            each.symlink_to(path)
        with pytest.raises(UnsafeFile, match="everybody may write to it"):
            read(each)


@root_only
def test_input_behind_a_link_of_somebody_else(tmp_path):
    (tmp_path / "file").write_text("secret")
    (tmp_path / "link").symlink_to("file")
    assert read(tmp_path / "link") == b"secret"
    os.lchown(str(tmp_path / "link"), NOBODY, NOBODY)
    with pytest.raises(UnsafeFile, match="symbolic link of another user"):
        read(tmp_path / "link")


@root_only
def test_input_of_somebody_else_where_everybody_may_write(shared, tmp_path):
    path = shared / "file"
    path.write_text("rows")
    os.chown(str(path), NOBODY, NOBODY)
    (tmp_path / "link").symlink_to(path)
    for each in (path, tmp_path / "link"):
        with pytest.raises(UnsafeFile, match="belongs to the user"):
            read(each)
    # the directory is that user's: whoever names it trusts it
    os.chown(str(shared), NOBODY, NOBODY)
    assert read(path) == b"rows"


# ---- paths


@pytest.mark.parametrize("path", ["a\0b", "\ud800", b"\0"])
def test_paths_that_cannot_be(path):
    for use in (
        lambda path: safe_file.open_own(path, READ),
        safe_file.open_input,
        safe_file.create,
        safe_file.check_replaceable,
        safe_file.make_directories,
        lambda path: safe_file.replace(path, []),
    ):
        with pytest.raises(UnsafeFile, match="its path"):
            use(path)
    assert safe_file.exists(path)


def test_a_path_that_was_no_utf_8_stays_as_it_was(tmp_path):
    raw = os.fsencode(str(tmp_path)) + b"/caf\xe9"
    safe_file.replace(raw.decode("utf-8", "surrogateescape"), [b"x"])
    assert content(raw.decode("utf-8", "surrogateescape")) == b"x" and safe_file.exists(raw)


ASCII = """
import os, sys
from ansible_collections.community.opensips.plugins.module_utils._mi import safe_file
path = sys.argv[1] + u"/b\\xfcro/\\u2603"
safe_file.make_directories(os.path.dirname(path))
safe_file.check_replaceable(path)
safe_file.replace(path, [b"x"])
os.close(safe_file.create(path))
os.close(safe_file.open_own(path, os.O_RDONLY))
os.close(safe_file.open_input(path))
assert safe_file.exists(path)
print(sys.getfilesystemencoding())
"""


def test_a_path_beyond_ascii_under_an_ascii_locale(tmp_path, monkeypatch):
    for name, value in (("LC_ALL", "C"), ("PYTHONCOERCECLOCALE", "0"), ("PYTHONUTF8", "0")):
        monkeypatch.setenv(name, value)
    status, output, errors = finish(start_python(ASCII, tmp_path))
    assert (status, output.strip()) == (0, "ascii"), errors
    assert os.listdir(os.fsencode(str(tmp_path)) + b"/b\xc3\xbcro") == [b"\xe2\x98\x83"]

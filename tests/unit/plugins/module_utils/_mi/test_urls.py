# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.community.opensips.plugins.module_utils._mi.urls import shown_url, without_url_secrets


@pytest.mark.parametrize(
    "url, shown",
    [
        ("http://127.0.0.1:8888/mi", "http://127.0.0.1:8888/mi"),
        ("http://127.0.0.1:8888/mi?", "http://127.0.0.1:8888/mi?"),
        ("http://user:secret@a:8888/mi", "http://********@a:8888/mi"),
        ("http://secret@a/mi", "http://********@a/mi"),
        ("http://u:s/e?c#r@et@a/mi", "http://********@a/mi"),
        ("u:secret@a/mi", "********@a/mi"),
        ("https://a/mi?token=secret", "https://a/mi?********"),
        ("https://a/mi#secret", "https://a/mi#********"),
        ("https://a/mi#secret?secret", "https://a/mi#********"),
        ("", ""),
    ],
)
def test_a_url_is_shown_without_what_may_be_secret(url, shown):
    assert shown_url(url) == shown


@pytest.mark.parametrize(
    "text, shown",
    [
        ("no URL: a@b?c", "no URL: a@b?c"),
        ("url 'http://u:it's@a/mi' and http://b/c?d fail", "url 'http://********@a/mi' and http://b/c?******** fail"),
        ("Traceback\n  http://u:p@a/mi\nsip:x@y", "Traceback\n  http://********@a/mi\nsip:x@y"),
    ],
)
def test_a_text_is_shown_without_the_secrets_of_its_urls(text, shown):
    assert without_url_secrets(text) == shown


@given(st.text(max_size=30), st.sampled_from(["http", "https", "x"]), st.text(max_size=10))
def test_no_password_is_left(password, scheme, after):
    marked = "S3CRET" + "".join(password.split()) + "S3CRET"
    url = "{0}://user:{1}@host/{2}".format(scheme, marked, "".join(after.split()))
    assert "S3CRET" not in shown_url(url)
    assert "S3CRET" not in without_url_secrets("What failed: {0} is not reached".format(url))

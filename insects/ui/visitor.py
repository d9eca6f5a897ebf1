"""Who a visitor is: a random token in a cookie, so that a reload knows what is theirs."""

import re
import secrets

import streamlit as st

COOKIE = "insect_lens_visitor"
DAYS = 30
TOKEN = re.compile(r"[0-9a-f]{32}")


def known_token() -> str:
    """Return the visitor's token, or nothing where they have none: most never need one."""
    if token := st.session_state.get("visitor"):
        return token
    token = str(st.context.cookies.get(COOKIE, ""))
    return token if TOKEN.fullmatch(token) else ""


def token() -> str:
    """Return the visitor's token, a new one where they have none yet."""
    if not (known := known_token()):
        known = secrets.token_hex(16)
    st.session_state.visitor = known
    return known


def keep_cookie() -> None:
    """Let the browser keep the token, where this session made one; it is in no address.

    A token that another tab has made meanwhile stays.
    """
    token = st.session_state.get("visitor")
    if token and st.context.cookies.get(COOKIE) != token:
        seconds = DAYS * 24 * 3600
        st.html(
            f"<script>if (!document.cookie.includes('{COOKIE}='))"
            f" document.cookie = '{COOKIE}={token}; path=/; max-age={seconds}; SameSite=Lax'"
            " + (location.protocol === 'https:' ? '; Secure' : '');</script>",
            unsafe_allow_javascript=True,
        )

"""What a message says of the version that has sent it; twin of nbext/stamp.js.

Every request, every message of a comm and every message on the control channel bears the stamp of
the page, ``protocol`` and ``version``, and every event that of the kernel. The kernel looks at it
before it reads the rest, which may mean something else in another version. What bears none, such as
a comm's message from another library, is taken as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from packaging.version import InvalidVersion, Version

from ._version import PROTOCOL, __version__
from .errors import VersionMismatchError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["STAMP", "check", "suspect"]

STAMP = {"protocol": PROTOCOL, "version": __version__}


def check(said: Mapping[str, Any]) -> None:
    """Look at the stamp on what a page has said.

    Raises
    ------
    VersionMismatchError
        When page and kernel cannot talk.
    """
    if said.get("protocol", PROTOCOL) != PROTOCOL:
        raise _mismatch(said)


def suspect(said: Mapping[str, Any]) -> None:
    """Look at the stamp on what means nothing here.

    Raises
    ------
    VersionMismatchError
        When it may mean something in the page's version, which is another one.
    """
    if said.get("version", __version__) != __version__:
        raise _mismatch(said)


def _mismatch(said: Mapping[str, Any]) -> VersionMismatchError:
    page = f"{said.get('version')!s:.40}"
    return VersionMismatchError(page, __version__, page_is_older=_is_older(said))


def _is_older(said: Mapping[str, Any]) -> bool:
    protocol = said.get("protocol")
    if isinstance(protocol, int) and protocol != PROTOCOL:
        return protocol < PROTOCOL
    try:
        return Version(str(said.get("version"))) < Version(__version__)
    except InvalidVersion:
        return True

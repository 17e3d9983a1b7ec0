"""Where the files that are not Python lie: the browser's modules and the templates.

A wheel carries them inside the package; in a checkout, and so in an editable install, they lie
beside it. They are found by path, because folders that ``package_dir`` maps into the package cannot
be imported from an editable install.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def asset_folder(name: str) -> Path:
    """Return the folder of the assets called `name`.

    Parameters
    ----------
    name
        ``"nbext"`` or ``"templates"``.

    Raises
    ------
    FileNotFoundError
        When neither the installed package nor a checkout around it has the folder.
    """
    places = (_PACKAGE / name, _PACKAGE.parent / name)
    for place in places:
        if place.is_dir():
            return place
    looked_in = " nor ".join(str(place) for place in places)
    msg = f"pybridge's {name!r} folder is neither {looked_in}: install pybridge-nbext again"
    raise FileNotFoundError(msg)


def _jupyter_nbextension_paths() -> list[dict[str, str]]:
    """Tell ``jupyter nbextension install --py pybridge`` what to copy where.

    ``src`` is joined to the package's folder, which leaves an absolute path as it is.
    """
    return [
        {
            "section": "notebook",
            "src": str(asset_folder("nbext")),
            "dest": "pybridge",
            "require": "pybridge/main",
        }
    ]

"""Location of the data files of the toolkit: templates, exercises, notebooks, documentation."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from toolkit.errors import NotFoundError
from toolkit.i18n import _

__all__ = ["resource_folder"]

_PACKAGE = Path(__file__).parents[1]


def resource_folder(kind: Literal["templates", "exercises", "notebooks", "docs"]) -> Path:
    """Return the folder of one kind of data files, in an installed wheel or in a checkout.

    Raises
    ------
    NotFoundError
        If the installation is incomplete.
    """
    # The wheel's folder first: a folder "templates" beside an installed package belongs to another package.
    for folder in (_PACKAGE / "_share" / kind, _PACKAGE.parent / kind):
        if folder.is_dir():
            return folder
    raise NotFoundError(
        _("The toolkit's own folder '{kind}' is missing.").format(kind=kind),
        hint=_("Install it again: pip install --force-reinstall mentoring-toolkit."),
    )

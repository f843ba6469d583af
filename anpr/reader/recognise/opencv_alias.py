# SPDX-License-Identifier: AGPL-3.0-or-later
"""Import alias: tells PaddleX that OpenCV is installed.

PaddleX looks for a *distribution* called opencv-contrib-python before it works, although all it needs is `cv2`. We
install opencv-python-headless, because three distributions that each write `cv2/` overwrite one another, and a roadside
machine has no X or GL libraries. The alias makes `importlib.metadata` answer for the missing name with the one there.
"""

import importlib.metadata
import sys
from collections.abc import Iterable
from importlib.metadata import Distribution, DistributionFinder, PackageNotFoundError

WANTED = "opencv-contrib-python"
INSTALLED = "opencv-python-headless"


class _Alias(DistributionFinder):
    """Finds INSTALLED when asked for WANTED, and nothing else."""

    def find_distributions(
        self,
        context: DistributionFinder.Context = DistributionFinder.Context(),  # noqa: B008  the signature is its base's
    ) -> Iterable[Distribution]:
        if context.name != WANTED:
            return ()
        try:
            return (importlib.metadata.distribution(INSTALLED),)
        except PackageNotFoundError:
            return ()

    def find_spec(self, *_: object) -> None:
        """Finds no modules."""


def install_alias() -> None:
    """Make the alias known, once; nothing changes where opencv-contrib-python is really installed."""
    if not any(isinstance(finder, _Alias) for finder in sys.meta_path):
        sys.meta_path.append(_Alias())

"""Draw the demo's clips into a folder: `python -m scripts.docs.draw_demo_clips FOLDER`. `anpr up` does it by itself."""

import sys
from pathlib import Path

from anpr.demo.clips import ensure_clips


def main() -> int:
    """Exit status 2 without a folder."""
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    for path in ensure_clips(Path(sys.argv[1]), lambda line: print(line, file=sys.stderr)):
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())

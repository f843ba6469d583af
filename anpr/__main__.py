"""`python -m anpr` is `anpr`."""

from anpr.cli import main

main()

"""`python -m silkway.cli`: the `silkway` command where no script is on the path."""

from silkway.cli.main import main

main()

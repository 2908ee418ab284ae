"""`python -m workstation` is the same as the command `workstation`."""

import sys

from workstation.cli.main import main

if __name__ == "__main__":
    sys.exit(main())

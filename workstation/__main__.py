"""`python -m workstation` is the same as the command `workstation`."""

import sys

if __name__ == "__main__":
    try:
        from workstation.cli.main import main

        sys.exit(main())
    except KeyboardInterrupt:  # before the command line could take care of it
        sys.exit(130)

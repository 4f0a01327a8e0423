"""``python -m gloctm``: the command line, where its script is not on the path."""

from gloctm.cli.main import main

if __name__ == "__main__":
    main()

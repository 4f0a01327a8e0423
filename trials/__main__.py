"""Run trials, see ``python -m trials --help``."""

import os

# Before numpy is imported anywhere: threads do not survive a fork, and one thread makes results repeat bit for bit.
os.environ.update({f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL", "NUMBA", "RAYON")})
os.environ["TOKENIZERS_PARALLELISM"] = "false"

from trials.command import main

if __name__ == "__main__":
    main()

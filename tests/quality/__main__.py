"""``python -m tests.quality [FOLDER]``: the gates' answers to the hand-made cases as a table, with every miss.

Without a folder those of ``cases``. Enforces nothing; test_cases.py does.
"""

import sys
from pathlib import Path

from tests.quality.examination import CASES, examine, load_cases, table

if __name__ == "__main__":
    print(table(examine(load_cases(Path(sys.argv[1]) if len(sys.argv) > 1 else CASES))))

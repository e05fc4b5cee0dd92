"""``python -m tests.quality``: the gates' answers to the hand-made cases as a table, with every miss.

Enforces nothing; test_cases.py does.
"""

from tests.quality.examination import examine, load_cases, table

if __name__ == "__main__":
    print(table(examine(load_cases())))

"""What the other kinds of copy ask for: answers, comparisons, digests of reviews, copy about audiences."""

"""What a text says by itself: numbers, dates, words, languages, names; what supports it is for others to see."""

"""What a text says by itself: numbers, dates, words, languages, names; nothing here knows a record."""

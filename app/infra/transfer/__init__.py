"""Files in and out: exports of exactly a view, and imports that check every row before one is changed."""

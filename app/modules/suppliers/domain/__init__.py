"""Rules of suppliers: who may be bought from, what may be paid to, and what makes two of them look the same."""

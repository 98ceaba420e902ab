"""Whom the organisation buys from: suppliers with contacts, tax ids and bank accounts, and how duplicates are found."""

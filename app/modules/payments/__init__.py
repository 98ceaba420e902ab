"""Money leaves: what is due is proposed, approved by a second person, sent to the bank, and found again on the statement."""

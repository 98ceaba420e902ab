"""What a line of a statement can be besides a payment of ours, and how a match came about."""

from __future__ import annotations

from app.kernel.choice import Labelled


class Explained(Labelled):
    """What money is that belongs to no payment."""

    FEE = "fee", "Bank fee"
    INTEREST = "interest", "Interest"
    TRANSFER = "transfer", "Transfer between our accounts"
    OTHER = "other", "Something else"


class Matched(Labelled):
    """Who brought a line and a payment together."""

    CERTAIN = "certain", "By itself"
    ACCEPTED = "accepted", "Proposal accepted"
    BY_HAND = "by_hand", "By hand"

"""How banks head the columns of their CSV files, in English, German, Dutch and French."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

# role -> headings, lower case, without accents, spaces and signs. A heading before the bar says it exactly; one behind
# the bar is used only where no exact one is there.
_HEADINGS = {
    "booked_on": """bookingdate bookeddate bookedon postingdate posteddate dateposted transactiondate entrydate completeddate
        buchungstag buchungsdatum buchung datumbuchung boekdatum boekingsdatum verwerkingsdatum transactiedatum
        dateoperation datedoperation datedeloperation datecomptable datedecomptabilisation datecomptabilisation
        | date datum""",
    "value_on": """valuedate valuta valutadatum wertstellung wertstellungsdatum wert datumvaluta rentedatum datevaleur
        datedevaleur interestdate""",
    "amount": """amount transactionamount paymentamount betrag umsatz umsatzbetrag betraginkontowahrung bedrag transactiebedrag
        montant montantoperation montantdeloperation""",
    "debit": """debit debitamount paidout moneyout withdrawal withdrawals amountdebit soll sollbetrag lastschrift belastung
        debet bedragaf afgeschreven montantdebit debits""",
    "credit": """credit creditamount paidin moneyin deposit deposits amountcredit haben habenbetrag gutschrift
        bedragbij bijgeschreven montantcredit credits""",
    "direction": """debitcredit creditdebit drcr crdr dc cd creditdebitindicator debitcreditindicator sollhaben
        sollhabenkennzeichen sh kennzeichen afbij bijaf debetcredit sens sensoperation""",
    "currency": """currency currencycode ccy wahrung waehrung kontowahrung munt muntsoort valutacode devise monnaie""",
    "name": """counterparty counterpartyname counterpartname beneficiary beneficiaryname payee payeename partnername
        beguenstigterzahlungspflichtiger begunstigterzahlungspflichtiger auftraggeberbegunstigter auftraggeberbeguenstigter
        auftraggeberempfanger auftraggeberempfaenger namezahlungsbeteiligter zahlungsempfanger zahlungsempfaengerin
        zahlungspflichtigerzahlungsempfangerin empfanger empfaenger empfangerauftraggeber naamtegenpartij tegenpartij
        naamomschrijving naamtegenrekening nomcontrepartie contrepartie beneficiaire nombeneficiaire tiers emetteurbeneficiaire
        | name naam nom""",
    "iban": """counterpartyiban counterpartyaccount counterpartyaccountnumber partneriban beneficiaryiban beneficiaryaccount
        kontonummeriban ibanzahlungsbeteiligter ibankontonummer gegenkonto ibandesempfangers tegenrekening
        tegenrekeningibanbban ibantegenpartij tegenpartijrekening ibancontrepartie comptecontrepartie comptebeneficiaire
        | iban""",
    "bic": """counterpartybic bic bicswift bicswiftcode swiftbic biczahlungsbeteiligter bictegenpartij biccontrepartie
        bicbeneficiaire swift swiftcode""",
    "account": """account accountnumber accountno accountiban youraccount auftragskonto ibanauftragskonto eigenekontonummer
        rekening rekeningnummer ibanbban ibanrekening compte numerodecompte comptenumero
        | konto kontonummer""",
    "text": """verwendungszweck description details narrative memo remittanceinformation remittance paymentreference
        paymentdetails particulars transactiondetails omschrijving omschrijving1 omschrijving2 omschrijving3 mededeling
        mededelingen libelle libelleoperation libelledeloperation communication communications motif detail informations
        reference betreff message""",
    "description": """buchungstext umsatzart vorgang transactiontype mutatiesoort typeoperation typedoperation
        bookingtext""",
    "end_to_end": """endtoendid endtoendreference endtoend kundenreferenzendtoend kundenreferenz transactiereferentie
        referenceboutenbout referencedeboutenbout customerreference""",
    "bank_reference": """transactionid bankreference transactionreference bankreferenz volgnr volgnummer referencebanque
        referenceoperation numerooperation archivierungsnummer fitid""",
    "mandate": """mandatsreferenz mandatereference mandateid machtigingskenmerk referencemandat""",
    "balance": """balance runningbalance accountbalance closingbalance balanceafter saldo saldonachbuchung saldonatrn
        saldonamutatie kontostand solde soldeapres soldeapresoperation""",
}  # fmt: skip
# Several columns of these are read together; of every other role there is one.
MANY = {"text", "description"}
LABELS = {
    "booked_on": "booking date", "value_on": "value date", "amount": "amount", "debit": "debit", "credit": "credit",
    "direction": "debit or credit", "currency": "currency", "name": "name of the other party", "iban": "account of the other party",
    "bic": "bank of the other party", "account": "own account", "end_to_end": "end-to-end id", "bank_reference": "bank reference",
    "mandate": "mandate", "balance": "balance",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Heading:
    """What a column holds, whether its heading says so exactly, and the currency that stands in the heading."""

    role: str
    is_exact: bool
    currency: str | None


def _by_heading() -> dict[str, tuple[str, bool]]:
    found: dict[str, tuple[str, bool]] = {}
    for role, words in _HEADINGS.items():
        exact, _, vague = words.partition("|")
        found.update(dict.fromkeys(exact.split(), (role, True)))
        found.update(dict.fromkeys(vague.split(), (role, False)))
    return found


_KNOWN = _by_heading()
_CURRENCY = re.compile(r"[\s(\[]+(?:in\s+)?([A-Z]{3}|€|£|\$)[)\]]?\s*$")
_LONGEST = 100
_SIGNS = {"€": "EUR", "£": "GBP", "$": None}


def recognise(heading: str) -> Heading | None:
    """Say what a column holds by its heading, or None where the heading is not known."""
    if len(heading) > _LONGEST:
        return None
    bare = heading.strip().lstrip("\ufeff")
    match = _CURRENCY.search(bare)
    for words, written in ((bare, None), *(((bare[: match.start()], match.group(1)),) if match else ())):
        known = _KNOWN.get(_plain(words))
        if known:
            return Heading(*known, _SIGNS.get(written, written) if written else None)
    return None


def _plain(words: str) -> str:
    decomposed = unicodedata.normalize("NFKD", words.casefold())
    return "".join(char for char in decomposed if char.isascii() and char.isalnum())

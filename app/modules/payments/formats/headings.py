"""How banks head the columns of their CSV files, in the languages of Western, Northern and Central Europe."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from app.kernel.money import CURRENCIES

# role -> headings, lower case, without accents, spaces and signs (ł, ø and æ are left out). The first that say it exactly
# stand before the first bar; those behind a bar are used only where none before it is there.
_HEADINGS = {
    "booked_on": """bookingdate bookeddate bookedon postingdate posteddate dateposted completeddate
        buchungstag buchungsdatum buchung datumbuchung boekdatum boekingsdatum verwerkingsdatum
        datecomptable datedecomptabilisation datecomptabilisation bogfrtdato bokfrtdato bokfringsdato bokforingsdag
        bokforingsdatum kirjauspaiva dataksiegowania dataksigowania datumzauctovani fechacontable datacontabile
        datecompleted bogfringsdato reskontradatum dataregistrazione fechadecontabilizacion
        | transactiondate transactiedatum entrydate dateoperation datedoperation datedeloperation transaktionsdag
        dataoperacji datatransakcji datumprovedeni fechaoperacion fechadeoperacion dataoperazione datamov datamovimento
        transaktionsdatum dateop datestarted
        | date datum dato data fecha paiva paivays kuupaev""",
    "value_on": """valuedate valuta valutadatum wertstellung wertstellungsdatum wert datumvaluta rentedatum datevaleur
        datedevaleur interestdate rentedato valutadag arvopaiva datawaluty fechavalor fvalor datavaluta datavalor
        dateval""",
    "amount": """amount transactionamount paymentamount betrag umsatz umsatzbetrag betraginkontowahrung bedrag transactiebedrag
        montant montantoperation montantdeloperation belb belp belopp maara maaraeuroa maaraeur kwota kwotaoperacji
        castka objem importe importo suma summa
        kwotatransakcji
        | valor
        value net""",
    "debit": """debit debitamount paidout moneyout withdrawal withdrawals amountdebit soll sollbetrag lastschrift belastung
        debet bedragaf afgeschreven montantdebit debits utfrakonto obciazenia cargo cargos dare uscite debito debe
        addebiti""",
    "credit": """credit creditamount paidin moneyin deposit deposits amountcredit haben habenbetrag gutschrift
        bedragbij bijgeschreven montantcredit credits innpakonto uznania abono abonos avere entrate credito haber
        accrediti""",
    "direction": """debitcredit creditdebit drcr crdr dc cd dk kd creditdebitindicator debitcreditindicator sollhaben
        sollhabenkennzeichen sh kennzeichen afbij bijaf debetcredit sens sensoperation deebetkreedit""",
    "currency": """currency currencycode ccy wahrung waehrung kontowahrung munt muntsoort valutacode devise monnaie monn
        waluta mena divisa moneda valiuta valuuta moeda
        devies deviseducompte""",
    "name": """ counterpartyname counterpartname beneficiary beneficiaryname payee payeename partnername
        beguenstigterzahlungspflichtiger begunstigterzahlungspflichtiger auftraggeberbegunstigter auftraggeberbeguenstigter
        auftraggeberempfanger auftraggeberempfaenger namezahlungsbeteiligter zahlungsempfanger zahlungsempfaengerin
        zahlungspflichtigerzahlungsempfangerin empfanger empfaenger empfangerauftraggeber naamtegenpartij tegenpartij
        naamomschrijving naamtegenrekening nomcontrepartie  beneficiaire nombeneficiaire tiers emetteurbeneficiaire
        saajamaksaja nadawcaodbiorca odbiorcanadawca nazwakontrahenta nazevprotiuctu beneficiario gavejas
        nomdelacontrepartie namedescription beneficiarypayer nazevuctuprotistrany begunstigterauftraggeber naamtegenpartijbevat
        | name naam nom namn navn contrepartie counterparty""",
    "iban": """counterpartyiban counterpartyaccount counterpartyaccountnumber partneriban beneficiaryiban beneficiaryaccount
        kontonummeriban ibanzahlungsbeteiligter ibankontonummer gegenkonto ibandesempfangers tegenrekening
        tegenrekeningibanbban ibantegenpartij tegenpartijrekening ibancontrepartie comptecontrepartie comptebeneficiaire
        rachunekkontrahenta protiucet cisloprotiuctu
        rekeningtegenpartij cislouctuprotistrany
        | iban""",
    "bic": """counterpartybic  bicswift bicswiftcode swiftbic biczahlungsbeteiligter bictegenpartij biccontrepartie
        bicbeneficiaire swift swiftcode | bic""",
    "account": """account accountnumber accountno accountiban youraccount auftragskonto ibanauftragskonto eigenekontonummer
        rekening rekeningnummer ibanbban ibanrekening compte numerodecompte comptenumero
        ibankontoinhaber clientaccount accountnum
        | konto kontonummer tilinumero saskaitosnr
        cislouctu""",
    "text": """verwendungszweck vwz description desc details narrative memo remittanceinformation remittance paymentreference
        paymentdetails particulars transactiondetails omschrijving mededeling
        mededelingen libelle libelleoperation libelledeloperation communication communications motif detail informations
        reference betreff message label text tekst beskrivelse beskrivning meddelande melding forklaring viesti
        opis opisoperacji tytu tytuem zprava zpravaproprijemce poznamka concepto descripcion descrizione causale descricao
        historico paaiskinimai selgitus
        transactiondescription buchungsdetails beschreibung notifications descrizioneestesa""",
    "description": """buchungstext umsatzart vorgang transactiontype mutatiesoort typeoperation
        typedoperation bookingtext type
        selitys""",
    "end_to_end": """endtoendid endtoendreference endtoend kundenreferenzendtoend kundenreferenz transactiereferentie
        referenceboutenbout referencedeboutenbout customerreference""",
    "bank_reference": """transactionid bankreference transactionreference bankreferenz volgnr volgnummer referencebanque
        referenceoperation numerooperation archivierungsnummer fitid ndetransaction operationnumber idoperace idpohybu
        arkistointitunnus verifikationsnummer transferreference transaktionsnr""",
    "mandate": """mandatsreferenz mandatereference mandateid machtigingskenmerk referencemandat""",
    "balance": """balance runningbalance accountbalance closingbalance balanceafter saldo saldonachbuchung saldonatrn
        saldonamutatie kontostand solde soldeapres soldeapresoperation bokfortsaldo saldopooperacji zustatek
        runningbal resultingbalance disponible saldopotransakcji""",
}  # fmt: skip
# Several columns of these are read together; of every other role there is one.
MANY = {"text", "description"}
LABELS = {
    "booked_on": "booking date", "value_on": "value date", "amount": "amount", "debit": "debit", "credit": "credit",
    "direction": "debit or credit", "currency": "currency", "name": "name of the other party", "iban": "account of the other party",
    "bic": "bank of the other party", "account": "own account", "end_to_end": "end-to-end id", "bank_reference": "bank reference",
    "mandate": "mandate", "balance": "balance",
}  # fmt: skip


ROLES = {
    name: f"{label[0].upper()}{label[1:]}"
    for name, label in {**LABELS, "text": "text", "description": "kind of booking"}.items()
}


@dataclass(frozen=True, slots=True)
class Heading:
    """What a column holds, how loosely its heading says so (0 is exactly), and the currency that stands in the heading."""

    role: str
    vagueness: int
    currency: str | None


def _by_heading() -> dict[str, tuple[str, int]]:
    found: dict[str, tuple[str, int]] = {}
    for role, words in _HEADINGS.items():
        for vagueness, names in enumerate(words.split("|")):
            found.update(dict.fromkeys(names.split(), (role, vagueness)))
    return found


_KNOWN = _by_heading()
# Only who heads amounts so may write the month before the day.
_AMERICAN_WORDS = """amount transactionamount paymentamount debit credit debits credits debitamount creditamount amountdebit amountcredit
    withdrawal withdrawals deposit deposits"""
_AMERICAN = frozenset(_AMERICAN_WORDS.split())
_CURRENCY = re.compile(r"[\s(\[]+(?:in\s+)?([A-Z]{3}|€|£|\$)[)\]]?\s*$")
_ASIDE = re.compile(r"\s*\([^()]*\)")
_LONGEST = 100
_SIGNS = {"€": "EUR", "£": "GBP", "$": None}


def recognise(heading: str) -> Heading | None:
    """Say what a column holds by its heading, or None where the heading is not known."""
    if len(heading) > _LONGEST:
        return None
    bare = heading.strip().lstrip("\ufeff")
    match = _CURRENCY.search(bare)
    named = match.group(1) if match and (match.group(1) in _SIGNS or match.group(1) in CURRENCIES) else None
    aside = _ASIDE.sub("", bare)
    for words, written in ((bare, None), (bare[: match.start()] if match else bare, named), (aside, None)):
        plain = _plain(words)
        numbered = _KNOWN.get(plain.rstrip("0123456789"))
        known = _KNOWN.get(plain) or (numbered if numbered and numbered[0] in MANY else None)
        if known:
            return Heading(*known, _SIGNS.get(written, written) if written else None)
    return None


def may_write_month_first(heading: str) -> bool:
    """Say whether a file with this heading of an amount may come from where dates begin with the month."""
    match = _CURRENCY.search(heading.strip())
    return not _AMERICAN.isdisjoint({_plain(heading), _plain(heading[: match.start()] if match else heading)})


def _plain(words: str) -> str:
    decomposed = unicodedata.normalize("NFKD", words.casefold())
    return "".join(char for char in decomposed if char.isascii() and char.isalnum())

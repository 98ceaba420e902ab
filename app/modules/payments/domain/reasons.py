"""What banks mean by their codes: reasons and states of ISO 20022, return and change codes of NACHA."""

from __future__ import annotations

from app.modules.payments.domain.bank import Cause, Outcome

# Codes of the external code sets ISO 20022 publishes; those that come back to someone who pays suppliers.
_ISO_REASONS = """
AB05 The payment ran out of time at the supplier's bank
AB06 The payment ran out of time
AB08 The supplier's bank is not online
AB09 An error at the supplier's bank
AB10 An error at a bank in between
AC01 The account number is wrong or missing
AC02 Our account number is wrong
AC03 The supplier's account number is wrong
AC04 The account is closed
AC05 Our account is closed
AC06 The account is blocked
AC07 The supplier's account is closed
AC08 The bank branch is wrong
AC09 The currency of the account is wrong or missing
AC10 The currency of our account is wrong
AC11 The currency of the supplier's account is wrong
AC12 The kind of account is wrong
AC13 The kind of our account is wrong or missing
AC14 The kind of the supplier's account is wrong or missing
AC15 The account details have changed
AC16 The account is under sequestration
AG01 This kind of payment is not allowed on this account
AG02 The bank's code for this kind of payment is wrong
AG03 This kind of payment is not supported
AG04 The agent's country is not supported
AG07 The collection did not succeed
AG08 The rights for this payment are missing
AG09 The payment was not received
AG10 The bank is suspended
AG11 The supplier's bank is suspended
AG12 Not allowed for a transfer on the bank's own books
AGNT A bank in the chain is wrong
ALAC The payment was already accepted
AM01 The amount is zero
AM02 The amount is higher than allowed
AM03 The currency is not allowed
AM04 The money on our account is not enough
AM05 The payment was sent before
AM06 The amount is lower than allowed
AM07 The amount is blocked by an authority
AM09 The amount is wrong
AM10 The sum of the payments is not the control sum
AM11 The currency of the payment is wrong
AM12 The amount is wrong or missing
AM13 The amount is above the limit of the clearing system
AM14 The amount is above the limit agreed with the bank
AM15 The amount is below the minimum of the clearing system
AM16 The control sum of the file is wrong
AM17 The control sum of the batch is wrong
AM18 The number of payments is wrong
AM19 The number of payments in the file is wrong
AM20 The number of payments in the batch is wrong
AM21 The limit agreed with the bank is reached
AM22 An amount of zero was not applied
AM23 The amount is above the limit for settlement
ARDT The payment was returned before
BE01 The name does not belong to the account
BE04 The supplier's address is missing or wrong
BE05 The bank does not know who sent the file
BE06 The supplier is not known at this bank
BE07 Our address is missing or wrong
BE08 Our name is missing
BE09 The country is wrong
BE10 Our country is missing or wrong
BE11 The supplier's country is missing or wrong
BE12 The country of residence is wrong
BE13 Our country of residence is wrong
BE14 The supplier's country of residence is wrong
BE15 An identification code is missing or wrong
BE16 Our identification is missing or wrong
BE17 The supplier's identification is missing or wrong
BE18 Contact details are wrong
BE19 A charge code is wrong
BE20 A name is too long
BE21 A name is missing or wrong
BE22 The supplier's name is missing
BE23 The stand-in for an account number is not known
CH03 The day asked for is too far away
CH04 The day asked for is too far in the past
CH07 An element may not be used here
CH11 The supplier's identifier is wrong
CH15 A text is longer than 140 characters
CH16 An element is not written as it must be
CH17 An element is not allowed
CH19 The day was moved to the next banking day
CH20 An amount has too many decimal places
CH21 A required element is missing
CNOR The supplier's bank is not reachable in this system
CURR The currency is wrong
CUST The payment was called back by the customer
DNOR Our bank is not reachable in this system
DS02 The order was called off
DS04 The order was refused
DS0G The payment is not allowed for this signer
DS0H The account is not allowed for this signer
DS24 The waiting time for signatures is over
DT01 The day is wrong
DT02 The day of creation is wrong
DT03 The bank does not work on that day
DT04 The day lies in the future
DT05 The cut-off time has passed
DT06 The bank moved the payment to another day
DU01 The file was sent before
DU02 A batch with this id was sent before
DU03 A payment with this id was sent before
DU04 A payment with this end-to-end id was sent before
DU05 A payment with this instruction id was sent before
DUPL The payment was made before
ED01 A bank in between is not possible
ED03 A balance was asked for
ED05 Settlement failed
ED06 The settlement system is not available
FF01 The file is not written as the bank expects
FF02 A piece of text is wrong
FF03 The kind of payment is missing or wrong
FF04 The level of service is missing or wrong
FF05 The local instrument is missing or wrong
FF06 The purpose category is missing or wrong
FF07 The purpose is missing or wrong
FF08 The end-to-end id is missing or wrong
FF09 The cheque number is missing or wrong
FF10 A failure of the bank's system
FF11 The clearing request was called off
FOCR Called back after a request
FR01 Fraud
FRAD Fraud
G000 The payment was passed on to another bank; it can no longer be followed
G001 The payment was passed on to another bank
G002 The money waits at the supplier's bank
G003 The money waits for documents
G004 The money waits for cover
G005 The money is on the account, but not to be used yet
G006 The money is on the account, but not to be used yet, without confirmation
ID01 The original file has not been sent
LEGL Refused by law
MD01 There is no mandate
MD02 Details of the mandate are missing
MD05 The collection was not due
MD06 The payer asked for the money back
MD07 The account holder has died
MS02 The customer gave no reason
MS03 The bank gave no reason
NARR The bank explains it in words
NOAS No answer came from the customer
NOCM The payment does not follow the rules of the system
NOOR The original payment was not received
RC01 The bank's code (BIC) is wrong
RC02 The bank's code is missing or wrong
RC03 Our bank's code is missing or wrong
RC04 The code of the supplier's bank is missing or wrong
RC05 The BIC is wrong
RC06 Our bank's BIC is wrong
RC07 The BIC of the supplier's bank is wrong
RC08 The clearing code of a bank is wrong
RC09 Our bank's clearing code is wrong
RC10 The clearing code of the supplier's bank is wrong
RC11 A bank in between is wrong
RF01 The reference is not the only one of its kind
RR01 Our account or identification is missing, which the law asks for
RR02 Our name or address is missing, which the law asks for
RR03 The supplier's name or address is missing, which the law asks for
RR04 A legal reason
RR05 Regulatory information is missing or wrong
RR06 Tax information is missing or wrong
RR07 The remittance information is missing or wrong
RR08 The remittance information was cut
RR09 The supplier's reference is not written as allowed
RR10 A character is not allowed
RR11 The service of our bank is wrong
RR12 An identification is wrong or missing
RUTA Returned because it could not be applied
SL01 A service of our bank does not allow it
SL02 A service of the supplier's bank does not allow it
SL03 A service of the clearing system does not allow it
SL11 The supplier is not on our list of allowed payees
SL12 The supplier is on our list of blocked payees
SVNR A service was not rendered
TA01 The transmission was broken off
TD01 No data are available
TD02 The file cannot be read
TD03 The file is not built as it must be
TECH A technical problem
TIME A time limit has passed
TM01 The file came after the cut-off time
TS04 The order has to be signed by hand
UPAY The payment was not due
"""
_NACHA_CODES = """
R01 The money on the account is not enough
R02 The account is closed
R03 No account, or the name does not belong to it
R04 The account number is wrong
R05 A debit of a consumer that was not authorised
R06 Returned at the request of our bank
R07 The authorisation was withdrawn
R08 The payment was stopped
R09 The money on the account is not available yet
R10 The account holder did not agree to it
R11 The entry differs from what was agreed
R12 The account was sold to another bank
R13 The bank's routing number is wrong
R14 The person who acts for the account holder has died
R15 The account holder has died
R16 The account is frozen
R17 The bank checked the entry and refused it
R18 The day of settlement is wrong
R19 An amount is wrong
R20 This account takes no such payments
R21 The company's id is wrong
R22 The individual id is wrong
R23 The supplier refused the payment
R24 The entry was sent twice
R25 The addenda is wrong
R26 A required field is wrong
R27 The trace number is wrong
R28 The check digit of the routing number is wrong
R29 The company did not agree to it
R30 The bank does not take part in check truncation
R31 Returned with the agreement of our bank
R32 The supplier's bank cannot settle
R33 A check entry was returned
R34 The bank takes part only with limits
R35 A debit was not allowed
R36 A credit was not allowed
R37 The source document was presented
R38 Payment of the source document was stopped
R39 The source document is wrong
R40 A government agency returned it
R41 The transaction code is wrong
R42 The routing number or its check digit is wrong
R43 The account number is wrong
R44 The individual id is wrong
R45 The individual name is wrong
R46 The payee indicator is wrong
R47 The enrolment was sent twice
R50 State law does not allow it
R51 The item does not qualify
R52 Payment of the item was stopped
R53 The item and its check were both presented
R61 The return went to the wrong bank
R62 The entry was reversed in error
R67 The return was sent twice
R68 The return came too late
R69 Fields of the return are wrong
R70 The return was not agreed to
R71 The dishonoured return went to the wrong bank
R72 The dishonoured return came too late
R73 The return was in time
R74 The return has been corrected
R75 The return was not a duplicate
R76 The return had no errors
R77 The return was not accepted
R80 The international entry is coded wrongly
R81 The entry is not allowed by a bank abroad
R82 The bank abroad cannot be identified
R83 The bank abroad could not settle
R84 The entry was not processed by the gateway
R85 The entry is coded wrongly for abroad
C01 The account number has changed
C02 The routing number has changed
C03 The routing number and the account number have changed
C04 The company or person has changed its name
C05 The kind of account has changed
C06 The account number and the kind of account have changed
C07 The routing number, the account number and the kind of account have changed
C08 The bank abroad has changed
C09 The individual id has changed
C10 The company name has changed
C11 The company id has changed
C12 The company name and the company id have changed
C13 The addenda was wrong
C14 The entry was sent in the wrong class
C61 The notification of change went to the wrong bank
C62 The trace number of the notification is wrong
C63 The company id of the notification is wrong
C64 The individual id of the notification is wrong
C65 The corrected data are wrong
C66 The original bank of the notification is wrong
C67 The routing number of the notification is wrong
C68 The account number of the notification is wrong
C69 The transaction code of the notification is wrong
"""
_STATES = {
    "ACTC": Outcome.PENDING, "ACCP": Outcome.ACCEPTED, "ACSP": Outcome.ACCEPTED, "ACWC": Outcome.ACCEPTED,
    "ACWP": Outcome.ACCEPTED, "ACFC": Outcome.ACCEPTED, "ACSC": Outcome.SETTLED, "ACCC": Outcome.SETTLED,
    "PDNG": Outcome.PENDING, "RCVD": Outcome.PENDING, "PATC": Outcome.PENDING, "PART": Outcome.PARTLY,
    "RJCT": Outcome.REJECTED, "CANC": Outcome.REJECTED, "BLCK": Outcome.REJECTED,
}  # fmt: skip


def _table(text: str) -> dict[str, str]:
    return dict(line.split(" ", 1) for line in text.strip().splitlines())


_WORDS = {**_table(_ISO_REASONS), **_table(_NACHA_CODES)}


def outcome(status: str) -> Outcome:
    """Say what a status code of ISO 20022 means for us."""
    return _STATES.get(status, Outcome.UNKNOWN)


def cause(code: str | None, text: str = "") -> Cause:
    """Put a reason into plain words; a code nobody published keeps the bank's own text."""
    words = _WORDS.get(code or "")
    if words is None:
        words = f"The bank's own reason {code}" if code else "The bank gave no code"
    return Cause(code, words, text.strip())


def known(code: str) -> bool:
    """Tell whether a code is published."""
    return code in _WORDS

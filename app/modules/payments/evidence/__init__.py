"""The evidence pack of a payment: why it was made, in one file that can be checked without Outlay.

`gathering` finds the documents behind a payment, `telling` puts each into words, `packing` makes the sealed ZIP.
"""

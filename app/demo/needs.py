"""What people of the demo company need: what is usual over a year, and what waits today."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Usual:
    """Something that is asked for again and again: lines of words, unit, price from and to in euros, and how many at most."""

    title: str
    reason: str
    centres: tuple[str, ...]
    category: str
    lines: tuple[tuple[str, str, int, int, int], ...]


@dataclass(frozen=True)
class Today:
    """Something that was asked for these days: lines of words, quantity, unit, price in euros and category.

    `quotes` name whom people asked for a price; each quote hangs on the request.
    """

    title: str
    reason: str
    person: str
    centre: str
    deliver_to: str
    ago: float
    needed_in: int
    lines: tuple[tuple[str, str, str, str, str], ...]
    submitted: bool = True
    quotes: tuple[str, ...] = ()


USUAL = (
    Usual("Notebooks for new colleagues", "Three people start next month and have nothing to work on.", ("IT-",), "IT-HW",
          (("Notebook 14 inch, 32 GB", "C62", 1150, 1650, 4), ("Docking station", "C62", 140, 220, 4))),
    Usual("Replacement switches, hall A", "Two ports fail each week; the model is out of support.", ("IT-", "OPS-"), "IT-NET",
          (("Switch 24 port, managed", "C62", 420, 980, 6),)),
    Usual("Backup space for the file server", "The nightly copy takes 97 % of the space there is.", ("IT-",), "IT-CLOUD",
          (("Backup space 1 TB", "MON", 20, 45, 24),)),
    Usual("Monitoring licences", "Eleven new servers are not watched yet.", ("IT-",), "IT-SW",
          (("Monitoring licence, 1 year", "ANN", 90, 260, 12),)),
    Usual("Objectives for the second microscope", "The 40x objective has a scratch and measurements drift.", ("LAB-",), "LAB-OPT",
          (("Microscope objective 40x", "C62", 900, 2900, 2), ("Immersion oil", "C62", 25, 40, 3))),
    Usual("Gases for the quarter", "Nitrogen and argon last until the end of the month.", ("LAB-", "QA-"), "LAB-CHEM",
          (("Nitrogen, 50 l cylinder", "C62", 90, 160, 8), ("Argon, 50 l cylinder", "C62", 160, 260, 4))),
    Usual("Yearly calibration of balances", "The certificates end next month; the audit asks for them.", ("LAB-", "QA-"), "LAB-CAL",
          (("Calibration of a balance, on site", "C62", 120, 380, 7),)),
    Usual("Sensor boards for pilot batch", "The pilot of the NX-2 needs twenty boards of revision C.", ("LAB-35", "OPS-61"), "PROD-EL",
          (("Sensor board rev C", "C62", 45, 120, 20), ("Connector 24 pin", "C62", 3, 9, 60))),
    Usual("Spindle for mill 2", "The bearing is worn; the spare on the shelf went into mill 1.", ("OPS-", "SRV-"), "MRO-SPARE",
          (("Spindle, mill 2", "C62", 2800, 6900, 1), ("Seal kit", "SET", 60, 180, 2))),
    Usual("Torque wrenches for the assembly line", "Four of ten failed the test of accuracy.", ("OPS-", "SRV-", "QA-"), "MRO-TOOL",
          (("Torque wrench 5-50 Nm", "C62", 140, 380, 5), ("Set of hex keys", "SET", 18, 45, 6))),
    Usual("Housings for the next series", "Stock covers two weeks of production.", ("OPS-",), "PROD-MECH",
          (("Housing, aluminium, anodised", "C62", 38, 96, 120),)),
    Usual("Cartons and foam inserts", "The new housing does not fit the old cartons.", ("OPS-130", "OPS-110", "OPS-610"), "PROD-PACK",
          (("Carton, medium, printed", "C62", 1, 3, 500), ("Foam insert", "C62", 2, 5, 300))),
    Usual("Window cleaning", "Twice a year, as agreed with the works council.", ("FAC-",), "FAC-CLEAN",
          (("Window cleaning, all halls", "LS", 900, 2400, 1),)),
    Usual("Desks for the open office", "Six people sit at tables that cannot be raised.", ("FAC-", "HR-", "FIN-"), "FAC-FURN",
          (("Desk, height-adjustable", "C62", 380, 720, 6), ("Office chair", "C62", 190, 420, 6))),
    Usual("Safety shoes and gloves", "For the people who started in spring.", ("OPS-", "SRV-", "LAB-"), "SAFE",
          (("Safety shoes S3", "C62", 60, 120, 8), ("Gloves, box of 100", "XBX", 9, 16, 20))),
    Usual("Brochures for the spring fair", "The old ones show the previous model.", ("MKT-", "SAL-"), "SERV-MKT",
          (("Brochure print, 2 000 copies", "LS", 700, 1900, 1),)),
    Usual("Translation of the NX-2 manual", "Sales in Poland starts with a manual in Polish.", ("MKT-", "SAL-", "LAB-"), "SERV-TRANS",
          (("Translation of a manual", "LS", 700, 2100, 1),)),
    Usual("Flights to the customer workshop", "Two of us train the service partner for three days.", ("SAL-", "SRV-", "HR-"), "TRAVEL",
          (("Return flight", "C62", 180, 460, 2), ("Hotel, night", "DAY", 90, 160, 6))),
    Usual("Express freight of a repaired unit", "The customer stands still until it is back.", ("SRV-", "OPS-130"), "SERV-LOG",
          (("Express freight", "LS", 120, 680, 1),)),
)  # fmt: skip

ANYWHERE = (
    Usual("Paper and toner", "The cupboard is empty.", (), "OFF", (("Paper A4, box", "XBX", 18, 32, 10), ("Toner, black", "C62", 60, 140, 3))),
    Usual("Whiteboards for the meeting room", "We draw on the windows.", (), "OFF", (("Whiteboard 180 x 120 cm", "C62", 120, 260, 2),)),
)  # fmt: skip

REJECTED = (
    "There are two on the shelf in hall C. Take one of those.",
    "Not this year; put it into the budget of the next.",
    "The framework contract has this at a lower price. Ask again from the catalogue.",
)
RETURNED = (
    "Attach a second quote.",
    "Which machine is it for? Say so in the reason.",
    "Split the installation from the goods, so that each has its account.",
)
ANSWERED = (
    "Done, the second quote is attached.",
    "It is for the machine in bay 4; I wrote it down.",
    "Split as asked.",
)
APPROVED = ("", "", "", "Fine.", "Agreed with the head of department.", "As planned in the budget.")
CANCELLED = ("The project was moved to next year.", "The supplier repaired the old one free of charge.")

TODAY = (
    Today("Storage array for the build cluster",
          "The current array is at 91 % and out of warranty on 31 Dec. Builds waited for disk 14 times last month. "
          "Two bays stay free for growth in 2027.",
          "tomas.ruiz", "IT-210", "BRNO-1", 2.1, 23,
          (("Storage array NX48, 48 TB NVMe, dual controller", "1", "C62", "14900", "IT-HW"),
           ("Network card 25 GbE, dual port", "4", "C62", "310", "IT-HW"),
           ("Support, next business day, 3 years", "1", "LS", "2500", "IT-HW")),
          quotes=("Nordlicht Systems", "Datenhafen", "Storage Partners")),
    Today("Renewal: log retention, 12 months",
          "The contract ends on 15 December. The price rose by 8 %; the volume is the same as last year.",
          "tomas.ruiz", "IT-210", "BRNO-1", 1.2, 22, (("Log retention, 12 months", "12", "MON", "800", "IT-CLOUD"),),
          quotes=("Logwerk",)),
    Today("Network cards for the test rack", "The new rack has 25 GbE, the cards in it have 10.",
          "tomas.ruiz", "IT-210", "BRNO-LAB", 0.3, 19, (("Network card 25 GbE, dual port", "6", "C62", "310", "IT-NET"),)),
    Today("Spare notebooks for the help desk", "Whoever brings a broken notebook waits four days for another.",
          "tomas.ruiz", "IT-210", "BRNO-1", 4.2, 30, (("Notebook 14 inch, 32 GB", "3", "C62", "1380", "IT-HW"),)),
    Today("Calibration of 12 reference probes", "The accreditation audit on 9 December asks for certificates of this year.",
          "lena.fischer", "LAB-340", "BRNO-LAB", 1.4, 14, (("Calibration of a reference probe", "12", "C62", "365", "LAB-CAL"),),
          quotes=("Metrologie Brno", "Kalibrix")),
    Today("Filters for the Raman bench", "Stray light hides the weak lines; the edge filters are from 2014.",
          "lena.fischer", "LAB-340", "BRNO-LAB", 0.4, 35,
          (("Edge filter 532 nm", "2", "C62", "690", "LAB-OPT"), ("Filter holder, kinematic", "2", "C62", "118", "LAB-OPT")),
          quotes=("Vega Optics",)),
    Today("Two height-adjustable desks, Brno office", "Asked for by the company doctor.",
          "milan.dvorak", "FAC-050", "BRNO-1", 0.25, 21, (("Desk, height-adjustable", "2", "C62", "632.50", "FAC-FURN"),)),
    Today("Docking stations (6)", "The new monitors have no USB-C, and the sales team shares two stations.",
          "ana.kovac", "SAL-130", "WIEN", 0.1, 18, (("Docking station", "6", "C62", "189", "IT-HW"),)),
    Today("Booth for the Hannover fair", "The early price holds until 30 November.",
          "ines.costa", "MKT-120", "WIEN", 2.6, 60,
          (("Booth, 48 m², corner", "1", "LS", "14800", "SERV-MKT"), ("Product film, 90 seconds", "1", "LS", "6200", "SERV-MKT")),
          quotes=("Messebau Hannover", "Standwerk")),
    Today("Fluorescence upgrade for microscope 2",
          "The GFP assay starts in January and the current lamp cannot separate the two channels. Without the filter set we "
          "send samples out at 190 EUR each.",
          "lena.fischer", "LAB-340", "BRNO-LAB", 0.05, 26,
          (("LED light source, 4 channels", "1", "C62", "8450", "LAB-OPT"), ("Filter set GFP / mCherry", "2", "C62", "1180", "LAB-OPT"),
           ("Installation and alignment on site", "8", "HUR", "95", "LAB-OPT")), submitted=False,
          quotes=("Vega Optics", "Lumen Micro")),
    Today("Rack for the second build cluster", "To be decided together with the storage array.",
          "tomas.ruiz", "IT-210", "BRNO-1", 0.6, 50, (("Rack 42 U", "1", "C62", "1190", "IT-HW"),), submitted=False),
)  # fmt: skip

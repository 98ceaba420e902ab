"""The demo company as data: Halden Instruments, a maker of measuring instruments with four legal entities."""

from __future__ import annotations

CURRENCIES = (
    ("EUR", "Euro"), ("CZK", "Czech koruna"), ("GBP", "Pound sterling"), ("USD", "US dollar"), ("CHF", "Swiss franc"),
    ("PLN", "Polish zloty"), ("SEK", "Swedish krona"), ("NOK", "Norwegian krone"), ("JPY", "Yen"),
)  # fmt: skip

UNITS = (
    ("C62", "Piece", 0), ("KGM", "Kilogram", 3), ("LTR", "Litre", 2), ("MTR", "Metre", 2), ("HUR", "Hour", 2),
    ("DAY", "Day", 2), ("MON", "Month", 0), ("ANN", "Year", 0), ("XBX", "Box", 0), ("SET", "Set", 0), ("LS", "Lump sum", 0),
)  # fmt: skip

# code, name, legal name, country, VAT number, base currency, fiscal year start, time zone
ENTITIES = (
    ("HCZ", "Halden Brno", "Halden Instruments s.r.o.", "CZ", "CZK", 1, "Europe/Prague"),
    ("HAT", "Halden Vienna", "Halden Instruments GmbH", "AT", "EUR", 1, "Europe/Vienna"),
    ("HDE", "Halden Dresden", "Halden Messtechnik GmbH", "DE", "EUR", 1, "Europe/Berlin"),
    ("HUK", "Halden Leeds", "Halden Instruments Ltd", "GB", "GBP", 4, "Europe/London"),
)

TAX_CODES = (
    ("CZ-S21", "Czech standard rate 21 %", "CZ", "S", "21"), ("CZ-S12", "Czech reduced rate 12 %", "CZ", "S", "12"),
    ("CZ-AE", "Czech reverse charge", "CZ", "AE", "0"), ("AT-S20", "Austrian standard rate 20 %", "AT", "S", "20"),
    ("AT-S10", "Austrian reduced rate 10 %", "AT", "S", "10"), ("AT-K", "Intra-community supply", "AT", "K", "0"),
    ("DE-S19", "German standard rate 19 %", "DE", "S", "19"), ("DE-S7", "German reduced rate 7 %", "DE", "S", "7"),
    ("GB-S20", "British standard rate 20 %", "GB", "S", "20"), ("GB-Z", "British zero rate", "GB", "Z", "0"),
)  # fmt: skip

LOCATIONS = (
    ("BRNO-1", "Brno works, hall A", "HCZ", "Tuřanka 115", "627 00", "Brno", "CZ"),
    ("BRNO-2", "Brno works, hall C", "HCZ", "Tuřanka 117", "627 00", "Brno", "CZ"),
    ("BRNO-LAB", "Brno laboratory", "HCZ", "Purkyňova 99", "612 00", "Brno", "CZ"),
    ("WIEN", "Vienna office", "HAT", "Modecenterstraße 22", "1030", "Wien", "AT"),
    ("DD", "Dresden works", "HDE", "Zur Wetterwarte 50", "01109", "Dresden", "DE"),
    ("LEEDS", "Leeds service centre", "HUK", "12 Gelderd Road", "LS12 6LT", "Leeds", "GB"),
)

# code, name, entity, parent
COST_CENTRES = (
    ("HCZ-000", "Brno", "HCZ", None), ("IT-200", "Information technology", "HCZ", "HCZ-000"),
    ("IT-210", "Infrastructure", "HCZ", "IT-200"), ("IT-220", "Applications", "HCZ", "IT-200"),
    ("LAB-300", "Research and development", "HCZ", "HCZ-000"), ("LAB-340", "Optics laboratory", "HCZ", "LAB-300"),
    ("LAB-350", "Electronics laboratory", "HCZ", "LAB-300"), ("OPS-100", "Operations", "HCZ", "HCZ-000"),
    ("OPS-110", "Production hall A", "HCZ", "OPS-100"), ("OPS-120", "Production hall C", "HCZ", "OPS-100"),
    ("OPS-130", "Warehouse", "HCZ", "OPS-100"), ("FAC-050", "Facilities", "HCZ", "HCZ-000"),
    ("FIN-400", "Finance", "HCZ", "HCZ-000"), ("HR-500", "People and culture", "HCZ", "HCZ-000"),
    ("HAT-000", "Vienna", "HAT", None), ("MKT-120", "Marketing", "HAT", "HAT-000"), ("SAL-130", "Sales, DACH", "HAT", "HAT-000"),
    ("HDE-000", "Dresden", "HDE", None), ("OPS-610", "Assembly", "HDE", "HDE-000"), ("QA-620", "Quality", "HDE", "HDE-000"),
    ("HUK-000", "Leeds", "HUK", None), ("SRV-710", "Field service", "HUK", "HUK-000"), ("SAL-720", "Sales, UK", "HUK", "HUK-000"),
)  # fmt: skip

# code, name, parent, ledger account, CPV code without its check digit
CATEGORIES = (
    ("IT", "Information technology", None, "6400", "30200000"), ("IT-HW", "Hardware", "IT", "6410", "30210000"),
    ("IT-NET", "Network", "IT", "6412", "32420000"), ("IT-SW", "Software and licences", "IT", "6420", "48000000"),
    ("IT-CLOUD", "Cloud and hosting", "IT", "6425", "72400000"), ("LAB", "Laboratory", None, "5010", "38000000"),
    ("LAB-OPT", "Optics", "LAB", "5012", "38600000"), ("LAB-CHEM", "Chemicals and gases", "LAB", "5014", "24000000"),
    ("LAB-CAL", "Calibration", "LAB", "6330", "50433000"), ("MRO", "Maintenance and repair", None, "6310", "50000000"),
    ("MRO-TOOL", "Tools", "MRO", "5022", "44510000"), ("MRO-SPARE", "Spare parts", "MRO", "5024", "42900000"),
    ("PROD", "Production material", None, "5000", "31000000"), ("PROD-EL", "Electronic components", "PROD", "5002", "31710000"),
    ("PROD-MECH", "Mechanical parts", "PROD", "5004", "44500000"), ("PROD-PACK", "Packaging", "PROD", "5006", "44617000"),
    ("FAC", "Facilities", None, "6200", "70000000"), ("FAC-CLEAN", "Cleaning", "FAC", "6210", "90910000"),
    ("FAC-FURN", "Furniture", "FAC", "6220", "39130000"), ("OFF", "Office supplies", None, "6110", "30190000"),
    ("SAFE", "Safety at work", None, "6120", "35110000"), ("SERV", "Services", None, "6500", "79000000"),
    ("SERV-MKT", "Marketing and fairs", "SERV", "6520", "79340000"), ("SERV-TRANS", "Translation", "SERV", "6530", "79530000"),
    ("SERV-LOG", "Freight", "SERV", "6540", "60000000"), ("TRAVEL", "Travel", None, "6600", "63510000"),
)  # fmt: skip

PROJECTS = (
    ("NX-2", "Spectrometer NX-2", "HCZ", "LAB-300", 300, 260),
    ("HALL-C", "New line in hall C", "HCZ", "OPS-120", 240, 120),
    ("ERP-27", "New finance system", "HCZ", "IT-220", 120, 400),
    ("HANNOVER", "Hannover fair", "HAT", "MKT-120", 150, 160),
    ("ISO-17025", "Accreditation of the laboratory", "HDE", "QA-620", 200, 165),
)

# name, job title, cost centre, manager, approval limit (base currency of the entity), role
KEY_PEOPLE = (
    ("Marta Keller", "Chief financial officer", "FIN-400", None, "5000000", ("Controller", None)),
    ("Jana Novák", "Head of IT", "IT-200", "marta.keller", "500000", ("Approver", None)),
    ("Tomás Ruiz", "Systems engineer", "IT-210", "jana.novak", None, ("Requester", None)),
    ("Lena Fischer", "Scientist", "LAB-340", "sofia.rossi", None, ("Requester", None)),
    ("Sofia Rossi", "Head of laboratory", "LAB-300", "marta.keller", "400000", ("Approver", None)),
    ("Omar Haddad", "Purchasing manager", "FIN-400", "marta.keller", "250000", ("Buyer", None)),
    ("Nadia Brandt", "Buyer", "FIN-400", "omar.haddad", None, ("Buyer", None)),
    ("Priya Nair", "Accounts payable", "FIN-400", "marta.keller", None, ("AP clerk", None)),
    ("Viktor Hruška", "Treasurer", "FIN-400", "marta.keller", None, ("Treasurer", None)),
    ("Jonas Berg", "Production lead", "OPS-110", "marta.keller", "100000", ("Receiver", None)),
    ("Milan Dvořák", "Facility manager", "FAC-050", "marta.keller", "80000", ("Requester", None)),
    ("Inês Costa", "Marketing manager", "MKT-120", "marta.keller", "15000", ("Requester", "HAT")),
    ("Ana Kovač", "Sales assistant", "SAL-130", "ines.costa", None, ("Requester", "HAT")),
    ("Erik Lindqvist", "Internal auditor", "FIN-400", "marta.keller", None, ("Auditor", None)),
    ("Petra Admin", "IT administrator", "IT-220", "jana.novak", None, ("Administrator", None)),
    ("Greta Vogel", "Works manager", "HDE-000", "marta.keller", "50000", ("Approver", "HDE")),
    ("Owen Clarke", "Service manager", "HUK-000", "marta.keller", "40000", ("Approver", "HUK")),
    ("Helena Brandl", "Buyer, Dresden", "OPS-610", "greta.vogel", None, ("Buyer", "HDE")),
    ("Export Script", "Service account", "IT-220", "petra.admin", None, ("Integration", None)),
)

# Whoever works with these roles needs things as well; who only looks after Outlay or audits it asks nobody.
ASKING_TOO = frozenset({"Controller", "Approver", "Buyer", "AP clerk", "Treasurer", "Receiver"})

SIGN_INS = (
    ("lena.fischer", "Requester"), ("jana.novak", "Approver"), ("marta.keller", "Controller"), ("omar.haddad", "Buyer"),
    ("jonas.berg", "Receiver"), ("priya.nair", "AP clerk"), ("viktor.hruska", "Treasurer"),
    ("erik.lindqvist", "Auditor"), ("petra.admin", "Administrator"), ("helena.brandl", "Buyer, Dresden only"),
)  # fmt: skip

FIRST_NAMES = (
    "Adam", "Alena", "Anton", "Bára", "Clara", "David", "Dora", "Emil", "Eva", "Felix", "Filip", "Hana", "Ivan", "Jakub",
    "Julia", "Karel", "Katrin", "Leo", "Lucie", "Lukas", "Marek", "Marie", "Max", "Nina", "Oliver", "Ondřej", "Paula",
    "Robert", "Sára", "Simon", "Tereza", "Theo", "Tomáš", "Vera", "Zoe",
)  # fmt: skip
LAST_NAMES = (
    "Bauer", "Beneš", "Carter", "Černý", "Fiala", "Fuchs", "Gruber", "Hájek", "Horák", "Hughes", "Jelínek", "Keller",
    "Král", "Lang", "Malý", "Mayer", "Moravec", "Mitchell", "Němec", "Pokorný", "Richter", "Růžička", "Sommer", "Šťastný",
    "Taylor", "Urban", "Vlček", "Wagner", "Winter", "Zeman",
)  # fmt: skip
JOBS = {
    "IT": ("Developer", "Support engineer", "Data engineer"), "LAB": ("Scientist", "Laboratory technician", "Optical engineer"),
    "OPS": ("Machinist", "Shift lead", "Assembler", "Planner"), "FAC": ("Caretaker",), "FIN": ("Accountant", "Controller's assistant"),
    "HR": ("Recruiter", "Payroll clerk"), "MKT": ("Designer", "Event manager"), "SAL": ("Account manager", "Sales engineer"),
    "QA": ("Quality engineer",), "SRV": ("Service technician", "Dispatcher"),
}  # fmt: skip

SUPPLIER_STEMS = (
    "Nordlicht", "Vega", "Brightcell", "Kestrel", "Fjord", "Aalto", "Signalwerk", "Meridian", "Lingua Nova", "Papierhaus",
    "Klara", "Helion", "Quarzit", "Alpenrand", "Moravia", "Blue Harbour", "Castell", "Dunaj", "Elbtal", "Feldmann",
    "Granit", "Hollow Oak", "Ionika", "Jasmund", "Kobalt", "Lumen", "Mistral", "Nivelo", "Orion", "Prisma", "Quanta",
    "Rotor", "Silvan", "Tessera", "Umbra", "Vltava", "Westfold", "Xenon", "Yarrow", "Zephyr", "Arkton", "Belvedere",
    "Corvus", "Delta Nine", "Everest", "Fathom", "Gannet", "Horizon", "Ibex", "Junction",
)  # fmt: skip
# word, category of what they sell
SUPPLIER_TRADES = (
    ("Systems", "IT-HW"), ("Cloud", "IT-CLOUD"), ("Networks", "IT-NET"), ("Software", "IT-SW"), ("Optics", "LAB-OPT"),
    ("Gas", "LAB-CHEM"), ("Calibration", "LAB-CAL"), ("Tools", "MRO-TOOL"), ("Components", "PROD-EL"), ("Precision", "PROD-MECH"),
    ("Packaging", "PROD-PACK"), ("Facility", "FAC-CLEAN"), ("Office", "OFF"), ("Safety", "SAFE"), ("Freight", "SERV-LOG"),
    ("Events", "SERV-MKT"), ("Translations", "SERV-TRANS"), ("Spares", "MRO-SPARE"), ("Interiors", "FAC-FURN"),
)  # fmt: skip
# country, legal form, currency, weight
SUPPLIER_COUNTRIES = (
    ("CZ", "s.r.o.", "CZK", 40), ("DE", "GmbH", "EUR", 35), ("AT", "GmbH", "EUR", 25), ("GB", "Ltd", "GBP", 15),
    ("SE", "AB", "SEK", 6), ("PL", "sp. z o.o.", "PLN", 8), ("NL", "B.V.", "EUR", 8), ("FI", "Oy", "EUR", 5), ("CH", "AG", "CHF", 6),
    ("US", "Inc.", "USD", 5),
)  # fmt: skip

# category -> things and how they vary, unit, price from, price to (EUR)
CATALOGUE: dict[str, tuple[tuple[str, ...], tuple[str, ...], str, int, int]] = {
    "IT-HW": (("Notebook", "Docking station", "Monitor", "Workstation", "Storage array", "Server"),
              ("13 inch", "14 inch", "27 inch", "entry", "dual controller", "32 GB"), "C62", 90, 14000),
    "IT-NET": (("Switch", "Access point", "Network card", "Patch cable"), ("8 port", "24 port", "10 GbE", "25 GbE"), "C62", 6, 2400),
    "IT-SW": (("CAD licence", "Office licence", "Monitoring licence", "Compiler licence"), ("1 year", "3 years", "floating"), "ANN", 60, 5200),
    "IT-CLOUD": (("Log retention", "Virtual server", "Backup space"), ("12 months", "100 GB", "1 TB", "large"), "MON", 20, 900),
    "LAB-OPT": (("Microscope objective", "Optical filter", "Beam splitter", "Lens", "Mirror mount"),
                ("10×", "40×", "63×", "532 nm", "633 nm", "25 mm"), "C62", 45, 3900),
    "LAB-CHEM": (("Nitrogen", "Argon", "Isopropanol", "Acetone", "Helium"), ("10 l cylinder", "50 l cylinder", "1 l", "5 l"), "C62", 12, 480),
    "LAB-CAL": (("Calibration of a reference probe", "Calibration of a balance", "Calibration of a multimeter"),
                ("on site", "in the laboratory", "express"), "C62", 80, 620),
    "MRO-TOOL": (("Torque wrench", "Drill bit", "Hex key", "Caliper", "Cutting insert"), ("3 mm", "5 mm", "8 mm", "12 mm", "set"), "C62", 3, 420),
    "MRO-SPARE": (("Spindle", "Drive belt", "Bearing", "Filter cartridge", "Seal kit"), ("mill 1", "mill 2", "lathe", "press"), "C62", 9, 6900),
    "PROD-EL": (("Resistor reel", "Capacitor reel", "Microcontroller", "Photodiode", "Connector", "Sensor board"),
                ("0603", "0805", "SMD", "12 pin", "24 pin", "rev C"), "C62", 1, 260),
    "PROD-MECH": (("Housing", "Shaft", "Bracket", "Spring", "Screw M4"), ("aluminium", "steel", "stainless", "anodised"), "C62", 1, 190),
    "PROD-PACK": (("Carton", "Foam insert", "Pallet", "Label roll"), ("small", "medium", "large", "printed"), "C62", 1, 38),
    "FAC-CLEAN": (("Office cleaning", "Window cleaning", "Floor care"), ("Brno", "Vienna", "Dresden", "Leeds"), "MON", 180, 3300),
    "FAC-FURN": (("Desk", "Office chair", "Shelf", "Laboratory bench"), ("height-adjustable", "160 cm", "120 cm", "black", "oak"), "C62", 75, 1450),
    "OFF": (("Paper A4", "Marker", "Notebook", "Toner", "Folder"), ("box", "black", "blue", "recycled", "high yield"), "XBX", 2, 160),
    "SAFE": (("Safety glasses", "Safety shoes", "Gloves", "Ear protection", "First-aid kit"), ("S", "M", "L", "42", "44"), "C62", 3, 140),
    "SERV-LOG": (("Freight", "Courier", "Customs clearance"), ("within the EU", "to the UK", "overseas", "express"), "LS", 25, 1900),
    "SERV-MKT": (("Trade fair booth", "Brochure print", "Product film"), ("Hannover", "small run", "spring", "autumn"), "LS", 300, 24800),
    "SERV-TRANS": (("Translation of a manual", "Proofreading"), ("German", "English", "Czech", "3 languages"), "LS", 90, 2280),
}  # fmt: skip

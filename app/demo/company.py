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

SUPPLIER_TOWNS = {
    "CZ": ("Praha", "Brno", "Ostrava", "Plzeň"), "DE": ("Dresden", "Leipzig", "München", "Kassel"),
    "AT": ("Wien", "Linz", "Graz"), "GB": ("Leeds", "Sheffield", "Bristol"), "SE": ("Göteborg", "Malmö"),
    "PL": ("Wrocław", "Kraków"), "NL": ("Eindhoven", "Utrecht"), "FI": ("Tampere", "Espoo"), "CH": ("Zürich", "Bern"),
    "US": ("Boston", "Denver"),
}  # fmt: skip

# category -> unit, and things: price from and to (EUR), and how they vary, from the cheapest to the dearest
CATALOGUE: dict[str, tuple[str, tuple[tuple[str, float, float, tuple[str, ...]], ...]]] = {
    "IT-HW": ("C62", (
        ("Notebook", 790, 1990, ("13 inch, 16 GB", "14 inch, 16 GB", "14 inch, 32 GB", "15 inch, 32 GB", "16 inch, 64 GB")),
        ("Docking station", 119, 265, ("USB-C", "USB-C, two screens", "Thunderbolt 4")),
        ("Monitor", 139, 690, ("24 inch", "27 inch", "27 inch, 4K", "32 inch, 4K", "34 inch, curved")),
        ("Workstation", 1650, 4900, ("32 GB", "64 GB", "128 GB, GPU")),
        ("Server", 3200, 9800, ("1 U, 64 GB", "1 U, 128 GB", "2 U, 256 GB")),
        ("Storage array", 6900, 14900, ("24 TB", "48 TB", "48 TB, dual controller")),
        ("Headset", 39, 189, ("wired", "wireless", "wireless, noise cancelling")),
        ("Keyboard and mouse", 24, 129, ("wired", "wireless", "ergonomic")))),
    "IT-NET": ("C62", (
        ("Switch", 65, 2400, ("8 port", "24 port", "24 port, PoE", "48 port, 10 GbE")),
        ("Access point", 110, 540, ("Wi-Fi 6", "Wi-Fi 6E", "Wi-Fi 6E, outdoor")),
        ("Network card", 28, 340, ("1 GbE", "10 GbE", "25 GbE")),
        ("Patch cable", 2.4, 19, ("1 m", "3 m", "10 m", "fibre, 5 m")),
        ("SFP module", 22, 160, ("1 GbE", "10 GbE", "25 GbE")))),
    "IT-SW": ("ANN", (
        ("CAD licence", 1450, 4200, ("2D", "3D", "3D, floating")),
        ("Office licence", 98, 290, ("basic", "standard", "with telephony")),
        ("Monitoring licence", 60, 380, ("10 hosts", "50 hosts", "100 hosts")),
        ("Compiler licence", 640, 2600, ("single seat", "floating")))),
    "IT-CLOUD": ("MON", (
        ("Log retention", 45, 780, ("50 GB", "200 GB", "1 TB")),
        ("Virtual server", 18, 420, ("2 cores", "4 cores", "8 cores", "16 cores")),
        ("Backup space", 9, 140, ("100 GB", "1 TB", "5 TB")))),
    "LAB-OPT": ("C62", (
        ("Microscope objective", 320, 3900, ("10×", "20×", "40×", "63×, oil", "100×, oil")),
        ("Optical filter", 85, 690, ("longpass", "bandpass 532 nm", "edge 532 nm", "edge 633 nm")),
        ("Beam splitter", 140, 780, ("25 mm", "50 mm", "polarising")),
        ("Lens", 28, 260, ("plano-convex, 25 mm", "achromat, 25 mm", "achromat, 50 mm")),
        ("Mirror mount", 45, 310, ("25 mm", "50 mm", "kinematic, 25 mm", "kinematic, 50 mm")))),
    "LAB-CHEM": ("C62", (
        ("Nitrogen 5.0", 38, 165, ("10 l cylinder", "20 l cylinder", "50 l cylinder")),
        ("Argon 5.0", 62, 260, ("10 l cylinder", "20 l cylinder", "50 l cylinder")),
        ("Helium 5.0", 140, 480, ("10 l cylinder", "20 l cylinder", "50 l cylinder")),
        ("Isopropanol", 12, 78, ("1 l", "5 l", "10 l")), ("Acetone", 10, 66, ("1 l", "5 l", "10 l")),
        ("Immersion oil", 24, 52, ("20 ml", "50 ml")))),
    "LAB-CAL": ("C62", (
        ("Calibration of a reference probe", 240, 390, ("in the laboratory", "on site", "express")),
        ("Calibration of a balance", 120, 280, ("in the laboratory", "on site", "express")),
        ("Calibration of a multimeter", 85, 210, ("in the laboratory", "on site", "express")),
        ("Calibration of a torque wrench", 48, 110, ("in the laboratory", "on site", "express")))),
    "MRO-TOOL": ("C62", (
        ("Torque wrench", 118, 420, ("2-20 Nm", "5-50 Nm", "20-200 Nm", "digital")),
        ("Drill bit", 2.2, 38, ("3 mm", "5 mm", "8 mm", "12 mm", "set of 19")),
        ("Hex key", 1.6, 46, ("3 mm", "5 mm", "8 mm", "set of 9")),
        ("Caliper", 32, 180, ("150 mm", "200 mm", "digital, 150 mm")),
        ("Cutting insert", 4.8, 19, ("roughing", "finishing", "for stainless steel")))),
    "MRO-SPARE": ("C62", (
        ("Spindle", 2400, 6900, ("press", "lathe", "mill 1", "mill 2")),
        ("Drive belt", 14, 96, ("press", "lathe", "mill 1", "mill 2")),
        ("Bearing", 9, 140, ("6204", "6208", "angular contact", "spindle, matched pair")),
        ("Filter cartridge", 16, 88, ("coolant", "hydraulic", "exhaust air")),
        ("Seal kit", 55, 190, ("press", "lathe", "mill 1", "mill 2")))),
    "PROD-EL": ("C62", (
        ("Resistor reel", 6, 42, ("0603, 5 %", "0603, 1 %", "0805, 0.1 %")),
        ("Capacitor reel", 9, 85, ("0603, 100 nF", "0805, 1 µF", "1210, 10 µF")),
        ("Microcontroller", 2.1, 14, ("8 bit", "32 bit", "32 bit, 1 MB")),
        ("Photodiode", 3.5, 48, ("SMD", "TO-5", "low noise")),
        ("Connector", 0.8, 9, ("4 pin", "12 pin", "24 pin")), ("Sensor board", 45, 120, ("rev B", "rev C")))),
    "PROD-MECH": ("C62", (
        ("Housing", 34, 96, ("aluminium", "aluminium, anodised", "stainless")),
        ("Shaft", 11, 64, ("steel", "stainless", "ground")), ("Bracket", 1.9, 16, ("steel", "aluminium", "stainless")),
        ("Spring", 0.4, 3.8, ("steel", "stainless")), ("Screws M4, box of 200", 6, 28, ("steel", "stainless", "titanium grey")))),
    "PROD-PACK": ("C62", (
        ("Carton", 0.6, 4.2, ("small", "medium", "large", "printed")), ("Foam insert", 1.4, 8.5, ("small", "medium", "large")),
        ("Pallet", 9.5, 24, ("half", "EUR", "EUR, heat treated")), ("Label roll", 7, 36, ("plain", "printed", "tamper-proof")))),
    "FAC-CLEAN": ("MON", (
        ("Office cleaning, daily", 980, 3300, ("Leeds", "Vienna", "Dresden", "Brno")),
        ("Office cleaning, weekly", 320, 940, ("Leeds", "Vienna", "Dresden", "Brno")),
        ("Window cleaning", 180, 640, ("Leeds", "Vienna", "Dresden", "Brno")),
        ("Floor care", 240, 980, ("Leeds", "Vienna", "Dresden", "Brno")),
        ("Carpet cleaning", 140, 420, ("Leeds", "Vienna", "Dresden", "Brno")),
        ("Waste collection", 110, 390, ("Leeds", "Vienna", "Dresden", "Brno")),
        ("Winter service", 160, 720, ("Leeds", "Vienna", "Dresden", "Brno")),
        ("Care of plants", 60, 210, ("Leeds", "Vienna", "Dresden", "Brno")))),
    "FAC-FURN": ("C62", (
        ("Desk", 240, 740, ("120 cm", "160 cm", "height-adjustable, 160 cm", "height-adjustable, 180 cm")),
        ("Office chair", 165, 460, ("black", "with armrests", "with headrest")),
        ("Shelf", 75, 290, ("80 cm", "120 cm", "oak, 120 cm")),
        ("Laboratory bench", 890, 2400, ("120 cm", "180 cm", "with sink")))),
    "OFF": ("XBX", (
        ("Paper A4", 19, 34, ("recycled", "white", "heavy")), ("Marker", 6, 15, ("black", "blue", "four colours")),
        ("Writing pad", 9, 24, ("recycled", "squared", "ruled")), ("Toner", 62, 158, ("black", "cyan", "high yield")),
        ("Folder", 14, 32, ("narrow", "wide", "recycled")))),
    "SAFE": ("C62", (
        ("Safety glasses", 4.5, 18, ("clear", "tinted", "over glasses")), ("Safety shoes S3", 58, 128, ("42", "44", "high")),
        ("Gloves, box of 100", 8.5, 17, ("S", "M", "L")), ("Ear protection", 12, 46, ("passive", "active")),
        ("First-aid kit", 32, 110, ("small", "large", "for vehicles")))),
    "SERV-LOG": ("LS", (
        ("Freight", 90, 1400, ("within the country", "within the EU", "to the UK", "overseas")),
        ("Courier", 18, 190, ("within the city", "within the EU", "express")),
        ("Customs clearance", 65, 180, ("export", "import")))),
    "SERV-MKT": ("LS", (
        ("Trade fair booth", 4200, 16800, ("12 m²", "24 m²", "48 m²")),
        ("Brochure print", 420, 1900, ("500 copies", "2 000 copies", "5 000 copies")),
        ("Product film", 2400, 8600, ("30 seconds", "90 seconds", "three languages")))),
    "SERV-TRANS": ("LS", (
        ("Translation of a manual", 690, 2280, ("English", "German", "Czech", "3 languages")),
        ("Proofreading", 90, 420, ("English", "German", "Czech")))),
}  # fmt: skip
#: Who makes a thing, where the catalogue has it more than once.
MAKERS = ("Arkton", "Belvedere", "Corvus", "Delta Nine", "Ibex")

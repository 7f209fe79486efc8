"""Lists as agencies send them, made from a fixed seed: 5 % of the rows are bad, 5 % repeat an earlier business."""

import csv
import random
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from shared.regions import Regions

HEADER = (
    *("No", "Nama Usaha", "Nama Pemilik", "NIK", "NIB", "Kabupaten/Kota", "Skala Usaha", "Jumlah Tenaga Kerja"),
    *("No HP", "Email", "Alamat", "Tgl Input"),
)
BAD, REPEATED = 0.05, 0.05
_KINDS = ("Toko", "Warung", "Kios", "UD", "CV", "Depot", "Bengkel", "Rumah Makan", "Konveksi", "Salon", "Laundry")
_WORDS = (
    *("Makmur", "Sentosa", "Jaya", "Abadi", "Barokah", "Mandiri", "Sejahtera", "Berkah", "Lestari", "Mulia", "Utama"),
    *("Rejeki", "Sumber", "Cahaya", "Bintang", "Mekar", "Harapan", "Karya", "Subur", "Agung", "Indah", "Murni", "Baru"),
    *("Anugerah", "Mitra", "Sinar", "Surya", "Melati", "Kencana", "Pratama", "Wijaya", "Setia", "Tani", "Bahari"),
)
_PERSONS = (
    *("Siti", "Budi", "Agus", "Dewi", "Sri", "Eko", "Rina", "Wayan", "Made", "Yusuf", "Nur", "Hasan", "Ratna", "Joko"),
    *("Lestari", "Santoso", "Wibowo", "Hidayat", "Saputra", "Rahayu", "Siregar", "Nasution", "Purnama", "Utami"),
)
_STREETS = ("Jl. Merdeka", "Jl. Sudirman", "Jl. Pahlawan", "Jl. Diponegoro", "Jl. Pasar Baru", "Dusun Krajan")
_BAD_CELLS = (("NIK", "3171"), ("Kabupaten/Kota", "Kab. Antah Berantah"), ("Nama Usaha", ""), ("Tgl Input", "kemarin"))


class Business(NamedTuple):
    """One business as its list has it; every value is a text, in the order of HEADER without the number."""

    name: str
    owner: str
    nik: str
    nib: str
    region: str
    scale: str
    workers: str
    phone: str
    email: str
    address: str
    day: str


def businesses(seed: int, regions: Regions) -> Iterator[Business]:
    """Endless, each another one: half with a NIB, all with the NIK of their owner."""
    made = random.Random(seed)
    regencies = [region for region in regions if region.level == "regency"]
    for number in range(1, 10**8):
        regency = made.choice(regencies)
        name = f"{made.choice(_KINDS)} {made.choice(_WORDS)} {made.choice(_WORDS)} {made.randrange(1, 400)}"
        owner = f"{made.choice(_PERSONS)} {made.choice(_PERSONS)} {made.choice(_PERSONS)}"
        yield Business(
            name=name,
            owner=owner,
            nik=_nik(regency.code, seed, number),
            nib=f"9{seed % 10}{number:011d}" if made.random() < 0.5 else "",
            region=regency.name.replace("Kabupaten", "Kab."),
            scale=made.choice(("Mikro", "Mikro", "Mikro", "Kecil", "Menengah")),
            workers=str(min(made.randrange(1, 8) * made.randrange(1, 8), 40)),
            phone=f"08{made.randrange(10**8, 10**10)}",
            email=f"{owner.split()[0].lower()}{number}@contoh.id" if made.random() < 0.3 else "",
            address=f"{made.choice(_STREETS)} No. {made.randrange(1, 200)} RT {made.randrange(1, 20):02d}",
            day=(date(2024, 1, 1) + timedelta(days=made.randrange(500))).strftime("%d/%m/%Y"),
        )


def _nik(regency: str, seed: int, number: int) -> str:
    """A NIK of that regency; seed, birthday and running number make sure that none repeats."""
    running, days = divmod(number, 18_000)
    born = date(1950, 1, 1) + timedelta(days=days)
    return f"{regency.replace('.', '')}{1 + seed % 40:02d}{born:%d%m%y}{running + 1:04d}"


def write(path: Path, rows: int, seed: int, regions: Regions) -> None:
    """A CSV of so many rows."""
    made, new = random.Random(seed), businesses(seed, regions)
    earlier: list[Business] = []
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file, delimiter=";")
        out.writerow(HEADER)
        for number in range(1, rows + 1):
            chance = made.random()
            if chance < REPEATED and earlier:
                row: Sequence[str] = made.choice(earlier)._replace(phone=f"08{made.randrange(10**8, 10**10)}")
            else:
                row = business = next(new)
                if len(earlier) < 10_000:
                    earlier.append(business)
                if chance > 1 - BAD:
                    row = _spoiled(business, *made.choice(_BAD_CELLS))
            out.writerow((number, *row))


def _spoiled(business: Business, column: str, cell: str) -> list[str]:
    return [cell if name == column else text for name, text in zip(HEADER[1:], business, strict=True)]


def events(business: Iterator[Business], count: int, source: str) -> list[dict[str, Any]]:
    """`partner.listed` of the next businesses as CloudEvents."""
    return [_event(next(business), source, number) for number in range(count)]


def _event(each: Business, source: str, number: int) -> dict[str, Any]:
    partner = {"nik": each.nik, "nib": each.nib or None, "region": each.region}
    day, month, year = each.day.split("/")
    data = {
        "partner": {name: text for name, text in partner.items() if text},
        "name": each.name,
        "kind": "business",
        "scale": {"Mikro": "micro", "Kecil": "small", "Menengah": "medium"}[each.scale],
        "region": each.region,
        "workers": int(each.workers),
        "contact": {"name": each.owner, "phone": each.phone},
        "address": each.address,
        "list": "bench-events",
        "listed_on": f"{year}-{month}-{day}",
    }
    return {
        "specversion": "1.0",
        "id": f"{source}-{number}",
        "source": "/bench",
        "type": "partner.listed",
        "data": data,
    }


def batches(made: list[dict[str, Any]], size: int) -> list[bytes]:
    """The events as bodies of requests of so many."""
    return [msgspec.json.encode(made[at : at + size]) for at in range(0, len(made), size)]

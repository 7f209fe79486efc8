import time
from tests.integration.test_registration_cases import here  # noqa
async def test_perf(here):
    rows = [f"Toko Nomor {n};08600{n:07d};33.11;;;Jl. {n}" for n in range(20000)]
    t = time.perf_counter(); r = await here.upload("\n".join(["nama usaha;no hp;kab_kota;nik;nib;alamat", *rows]), "partners", list="beda"); print("distinct 20k", time.perf_counter() - t, r["created"])
    rows = [f"Kios Tahu;08600{n:07d};33.11;;;Jl. {n}" for n in range(10000)]
    t = time.perf_counter(); r = await here.upload("\n".join(["nama usaha;no hp;kab_kota;nik;nib;alamat", *rows]), "partners", list="sama"); print("same 10k", time.perf_counter() - t, r["created"])
    for n in range(3):
        t = time.perf_counter(); await here.send(here.event("partner.listed", {"partner": {"ref": f"K{n}"}, "name": "Kios Tahu", "region": "33.11", "kind": "business", "contact": {"phone": f"08601{n:07d}"}, "list": "lain", "listed_on": "2021-01-31"})); print("one", time.perf_counter() - t)
    c = await here.get("/v1/cases"); print(len(c["items"]), [len(x["sides"]) for x in c["items"]])

"""A field agent's day on a phone: signed in by a link, with a connection, without one and back, without scripts."""

from typing import Any

import asyncpg
import httpx
from playwright.async_api import Browser, Page, expect

from deploy.local.endpoints import Endpoints
from shared.sessions import COOKIE
from tests.browser.browsing import WAYS, Visitor, check_in_every_way, keep_screenshot, visiting
from tests.browser.field_agents import a_link, an_agent, some_tasks
from tests.waiting import eventually

SMALLEST = """() => Math.min(...[...document.querySelectorAll(".task :is(a, button, summary)")]
  .map((each) => each.getBoundingClientRect()).filter(({ height }) => height > 0)
  .map(({ width, height }) => Math.min(width, height)))"""
CUT = ("ERR_INTERNET_DISCONNECTED", "ERR_FAILED")


async def signed_in(stack: Endpoints, visitor: Visitor, agent: dict[str, Any]) -> None:
    async with httpx.AsyncClient() as http:
        answer = await http.post(await a_link(stack, agent))
    secret = answer.cookies[COOKIE]
    await visitor.context.add_cookies([{"name": COOKIE, "value": secret, "url": stack.notifications, "httpOnly": True}])


async def outcomes(stack: Endpoints, agent: dict[str, Any]) -> list[tuple[bool, str | None]]:
    """(is it in hand, what was found) of the agent's tasks."""
    db = await asyncpg.connect(stack.database)
    try:
        rows = await db.fetch(
            "select claimed_at is not null as claimed, outcome from notifications.tasks where agent_id = $1",
            agent["id"],
        )
    finally:
        await db.close()
    return sorted(((row["claimed"], row["outcome"]) for row in rows), key=str)


async def is_kept(page: Page) -> bool:
    return bool(await page.evaluate("async () => !!(await caches.match('/'))"))


async def test_tapped_without_a_connection_it_is_sent_once_there_is_one(browser: Browser, stack: Endpoints) -> None:
    agent = await an_agent(stack, "Siti <Aminah> & Co")
    await some_tasks(stack, agent, 3)
    async with visiting(browser, stack, width=360, expected=CUT) as visitor:
        page, context = visitor.page, visitor.context
        await page.goto(await a_link(stack, agent))
        await expect(page).to_have_url(f"{stack.notifications}/")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Hari ini")
        await expect(page.locator(".task")).to_have_count(3)
        await eventually(lambda: is_kept(page), 30)
        await context.set_offline(True)
        await page.get_by_role("button", name="Ambil").first.click()
        unsent = page.locator("#unsent")
        await expect(unsent).to_contain_text("Belum terkirim: 1")
        await page.reload()
        await expect(page.locator(".task")).to_have_count(3)
        await expect(unsent).to_contain_text("Belum terkirim: 1")
        await keep_screenshot(page, "inbox-offline")
        assert await outcomes(stack, agent) == [(False, None)] * 3
        await context.set_offline(False)
        await expect(unsent).to_be_hidden()
        assert await outcomes(stack, agent) == [(False, None)] * 2 + [(True, None)]
        await page.locator(".task summary").first.click()
        await page.get_by_role("button", name="Setuju mendaftar").first.click()
        await expect(page.locator(".task.waits").first).to_contain_text("Setuju mendaftar: Dikirim")
        await eventually(lambda: has_agreed(stack, agent))
        await page.goto(f"{stack.notifications}/")
        await expect(page.locator(".task")).to_have_count(2)


async def has_agreed(stack: Endpoints, agent: dict[str, Any]) -> bool:
    return (True, "agreed") in await outcomes(stack, agent)


async def test_the_inbox_in_every_way_and_without_scripts(browser: Browser, stack: Endpoints) -> None:
    agent = await an_agent(stack, "Budi")
    await some_tasks(stack, agent, 2)
    for language, width, theme in (("id", 360, "light"), ("en", 360, "dark"), ("en", 1280, "light")):
        async with visiting(browser, stack, language=language, width=width, theme=theme) as visitor:
            await signed_in(stack, visitor, agent)
            await visitor.open("notifications")
            await expect(visitor.page.locator(".task")).to_have_count(2)
            await visitor.page.locator(".task summary").first.click()
            assert (await visitor.violations(), await visitor.overflows()) == ([], False)
            assert await visitor.page.evaluate(SMALLEST) >= 44
            await keep_screenshot(visitor.page, f"inbox-{width}-{language}-{theme}")
    async with visiting(browser, stack, width=360, scripts=False) as visitor:
        await signed_in(stack, visitor, agent)
        await visitor.open("notifications")
        await visitor.page.locator(".task summary").first.click()
        await visitor.page.get_by_role("button", name="Nomor salah").first.click()
        await expect(visitor.page.get_by_role("status")).to_have_text("Terima kasih, sudah dicatat.")
        await visitor.page.get_by_role("button", name="Keluar").click()
        await expect(visitor.page.get_by_role("heading", level=1)).to_have_text("Sudah keluar")
    await check_in_every_way(browser, stack, "notifications", "/agents", stack.admin_key, (("id", 360, "light"),))
    await check_in_every_way(browser, stack, "notifications", "/operator", stack.admin_key, (("id", 360, "dark"),))
    await check_in_every_way(browser, stack, "notifications", "/operator/dead-letters", stack.admin_key, WAYS[:1])
    await check_in_every_way(browser, stack, "notifications", "/tasks", stack.admin_key, (("en", 1280, "dark"),))


async def test_an_operator_shows_the_code_that_signs_an_agent_in(browser: Browser, stack: Endpoints) -> None:
    async with visiting(browser, stack, key=stack.admin_key, width=360) as visitor:
        page = visitor.page
        await visitor.open("notifications", "/agents")
        await page.get_by_label("Nama").fill("Rahayu")
        await page.get_by_label("Wilayah").fill("33.11")
        await page.get_by_role("button", name="Tambah", exact=True).click()
        await page.get_by_role("button", name="Kode QR untuk Rahayu").click()
        await expect(page.get_by_role("img", name="Kode QR tautan")).to_be_visible()
        assert (await visitor.violations(), await visitor.overflows()) == ([], False)
        await keep_screenshot(page, "agents-qr")


async def test_an_operator_sees_what_a_policy_would_change_before_it_is_set(browser: Browser, stack: Endpoints) -> None:
    async with visiting(browser, stack, key=stack.admin_key, width=360) as visitor:
        page = visitor.page
        await visitor.open("notifications", "/policy")
        await page.get_by_label("Pengingat 1").fill("2")
        await page.get_by_role("button", name="Lihat apa yang akan berubah").click()
        await expect(page.get_by_role("heading", name="Apa yang akan berubah")).to_be_visible()
        assert (await visitor.violations(), await visitor.overflows()) == ([], False)
        await page.get_by_label("Pengingat 1").fill("5")
        await page.get_by_role("button", name="Tetapkan yang ditampilkan di sini").click()
        await expect(page.get_by_role("status")).to_have_text(
            "Ditetapkan. Waktu pengiriman menyesuaikan dalam hitungan detik."
        )
        await expect(page.get_by_label("Pengingat 1")).to_have_value("2")  # what was shown, not what was typed since


async def test_texts_are_tried_against_each_other_and_a_wrong_one_is_asked_for_again(
    browser: Browser, stack: Endpoints
) -> None:
    async with visiting(browser, stack, key=stack.admin_key, width=360, language="en", expected=("422",)) as visitor:
        page = visitor.page
        await visitor.open("notifications", "/policy")
        for variant, text in (
            ("A", "{name}: covered from {amount}. STOP"),
            ("B", "{addressee}, register {name}. STOP"),
        ):
            for filled in (text.replace("STOP", ""), text):
                if not await page.get_by_label("Text", exact=True).is_visible():
                    await page.get_by_text("A text of your own").click()
                await page.get_by_label("Instead of the text of").select_option(label="Reminder 1")
                await page.get_by_label("Language").select_option("en")
                await page.get_by_label("Variant").fill(variant)
                await page.get_by_label("Text", exact=True).fill(filled)
                await page.get_by_role("button", name="See what this would change").click()
                if filled != text:
                    await expect(page.get_by_role("alert")).to_contain_text("says how to stop")
                    await expect(page.get_by_label("Text", exact=True)).to_have_value(filled)
                    await expect(page.get_by_label("Variant")).to_have_value(variant)
                    assert (await visitor.violations(), await visitor.overflows()) == ([], False)
            await expect(page.get_by_text(text.format(name="Example Shop", amount="Rp16.800", addressee="Mrs Umi"))
                         .first).to_be_visible()  # fmt: skip
            await page.get_by_role("button", name="Set what was shown here").click()
            await expect(page.get_by_role("status")).to_contain_text("Set.")
        await page.get_by_text("Show the texts").click()
        for variant in "AB":
            await expect(page.get_by_role("heading", name=f"Reminder 1 · {variant}")).to_be_visible()


async def test_an_operator_pauses_a_channel_and_lets_it_go_on(browser: Browser, stack: Endpoints) -> None:
    async with visiting(browser, stack, key=stack.admin_key, width=360, scripts=False) as visitor:
        page = visitor.page
        await visitor.open("notifications", "/operator")
        for is_paused in (True, False):
            await page.get_by_label("WhatsApp").set_checked(is_paused)
            await page.get_by_role("button", name="Jeda yang dipilih").click()
            await expect(page.get_by_text("Dijeda sejak")).to_have_count(int(is_paused))
            await expect(page.get_by_label("WhatsApp")).to_be_checked(checked=is_paused)


async def test_an_operator_asks_why_of_a_number(browser: Browser, stack: Endpoints) -> None:
    """Of the next that is planned, and of one that nobody has."""
    async with visiting(browser, stack, key=stack.admin_key, width=360) as visitor:
        page = visitor.page
        await visitor.open("notifications", "/operator")
        number = await page.locator("section[aria-labelledby=planned] th code").first.text_content()
        for asked, found in ((number or "", "Yang sudah dilakukan"), ("0811 0000 0000", "Tidak ada yang memiliki")):
            await visitor.open("notifications", "/operator")
            await page.get_by_label("Mengapa sebuah usaha").fill(asked)
            await page.get_by_role("button", name="Tampilkan").click()
            await expect(page.get_by_text(found).first).to_be_visible()
            assert (await visitor.violations(), await visitor.overflows()) == ([], False)
            await keep_screenshot(page, f"why-{len(asked)}")

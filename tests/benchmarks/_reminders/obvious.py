"""How one would write it first: a fact is a transaction, a reminder is a connection, a text and two statements."""

import time
from datetime import date, datetime, timedelta
from email.message import EmailMessage

import aiosmtplib
import asyncpg

from services.notifications.channels import Message, Recipient
from services.notifications.channels.texts import text_of
from tests.benchmarks._reminders.facts import partner_id

TABLES = """
    create table if not exists obvious (partner_id uuid primary key, email text, due_on date, registered boolean,
                                        sent_at timestamptz)"""

STORE = {
    column: f"""insert into obvious (partner_id, {column}) values ($1, $2)
                on conflict (partner_id) do update set {column} = excluded.{column}"""
    for column in ("email", "registered")
}


async def schedule(db: asyncpg.Connection, count: int, known: datetime) -> float:
    """Seconds a partner: its contact, listing and enrolment one by one, and its next day calculated after each."""
    await db.execute(TABLES)
    began = time.perf_counter()
    for number in range(count):
        key = partner_id(number)
        for column, value in (("email", f"p{number}@example.com"), ("registered", number % 10 < 3)):
            async with db.transaction():
                await db.execute(STORE[column], key, value)
                row = await db.fetchrow("select * from obvious where partner_id = $1 for update", key)
                due = None if row["registered"] else known.date() + timedelta(days=1)
                await db.execute("update obvious set due_on = $2 where partner_id = $1", key, due)
    return (time.perf_counter() - began) / count


async def send(db: asyncpg.Connection, port: int, today: date, now: datetime) -> tuple[float, int]:
    """Seconds a message, and how many: each looked up, composed, handed over and recorded by itself."""
    began, count = time.perf_counter(), 0
    due = "select * from obvious where due_on <= $1 and sent_at is null limit 1"
    while row := await db.fetchrow(due, today):
        mail = EmailMessage()
        to = Recipient(f"Usaha Misal {count}", "Siti Contoh", row["email"])
        subject, body = text_of(Message(f"obvious-{count}", "first", "36.71", 1, to, 16_800, now))
        mail["From"], mail["To"], mail["Subject"] = "stop@payung.example", row["email"], subject
        mail.set_content(body)
        await aiosmtplib.send(mail, hostname="127.0.0.1", port=port)
        await db.execute("update obvious set sent_at = now() where partner_id = $1", row["partner_id"])
        count += 1
    return (time.perf_counter() - began) / max(count, 1), count

"""Whether a reply asks us to stop: a pure function over whatever people write on a phone or in an e-mail.

A stop is what says nothing but that, clause by clause: a word for stopping, among words of politeness and of what is to
stop (`Stop. Terima kasih`, `tolong jangan kirim SMS lagi`). A clause that begins with STOP or BERHENTI, as our messages
ask for, is one too, unless its next word shows that something else stops (`berhenti bekerja`). What denies it is none
(`jangan stop`), nor is a question among other sentences. Whatever is not clearly a stop is left to people: a reply that
is missed can be asked for again, an opt-out that nobody wanted is never noticed.
"""

import re
import unicodedata

LONGEST = 5_000
"""Characters of a reply that are looked at."""


def _vocabulary(text: str) -> frozenset[str]:
    """The words, each run of one letter written once, as `_words` reads them."""
    return frozenset(re.sub(r"(.)\1+", r"\1", word) for word in text.split())


STOP = _vocabulary("""
    stop stp setop stob berhenti berenti brhenti brenti berhnti berhentiin hentikan stopkan unsubscribe unsub
    unreg optout mandek mandeg eureun
""")
"""Words for stopping; repeated letters count once, so `stoppp` and `berhentiii` are among them."""
ALONE = _vocabulary("""
    batal batalkan cancel quit off keluar cukup end hapus henti blokir block remove
""")
"""Words that ask for it only where nothing else is said."""
REMOVAL = _vocabulary("hapus hapuskan remove delete blokir block keluarkan")
ONESELF = _vocabulary("saya sy aku gue kami me my nomor no nomer nomr number hp")
"""What is to be removed from a list, which is the one of our messages."""
DENIAL = _vocabulary("""
    jangan jgn jng jangn tidak tdk tak gak ga gk nggak ngak enggak engak ngga nga gakusah ndak ora bukan belum
    blm mboten tanpa never not no dont don didnt wont
""")
SENDING = _vocabulary("""
    kirim kirimi kirimin mengirim ngirim kiriman hubungi menghubungi dihubungi dikirim dikirimi terima
    menerima ganggu mengganggu sms wa whatsapp chat chatting send sending contact text texting message
    messages
    telepon telpon email
""")
POLITE = _vocabulary("""
    tolong tlg mohon please pls plis minta harap ya yah iya dong donk deh lah nih ni sih aja saja dulu terima
    kasih terimakasih makasih trims trimakasih tks thanks thank you thx you maaf sorry pak bu bapak ibu mas
    mbak kak bang min admin assalamualaikum assalamu alaikum selamat pagi siang sore malam salam halo hai hi
    hello ok oke
""")
OBJECT = _vocabulary("""
    pesan pesannya pesan2 ini itu lagi sms wa whatsapp email e mail info informasi iklan promosi promo spam
    reminder pengingat pemberitahuan notifikasi notif berlangganan langganan layanan kirim kirimi kirimin
    mengirim mengirimi kiriman terima menerima dihubungi hubungi menghubungi dikirim dikirimi ke saya sy kami
    aku gue nomor no nomer nomr hp dari payung bpjs ketenagakerjaan bpjstk dan sekarang segera mulai hari all
    semua semuanya me us my the this these message messages sending send any more anymore to from now contact
    contacting texting text mau ingin pengen want i do untuk ganggu mengganggu chat dengan list daftar again usah malih
""")
OTHERWISE = _vocabulary("""
    kontak bekerja kerja usaha jualan dagang berjualan berdagang produksi beroperasi operasi bus merokok di
    sejak karena krn kuliah sekolah sementara dari watch motion over by loss kran press order service iuran
    bayar membayar menjadi jadi anggota sebagai and
""")
"""After a word for stopping: it is something else that stops, or stopped."""
SIGN = "🛑⛔🚫"

_LOOKALIKES = str.maketrans(
    "авекмнорстухіѕјԁһ" + "αβεικνορτυχη" + "0135$@" + "ꜱᴛᴏᴘʙᴇʀʜɴɪᴜ",
    "abekmhopctyxisjdh" + "abeikvoptuxn" + "oiessa" + "stopberhniu",
)
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_CLAUSE = re.compile(r"[.!?,;:\n\r()\"“”…·•|/\\–—]+| - ")
_QUOTED = re.compile(
    r"^[ \t]*>[^\n]*$|^-{2,}\s*(?:original message|pesan asli|forwarded).*\Z|^_{5,}.*\Z"
    r"|^[ \t]*(?:on|pada|tanggal)\b[^\n]{0,200}\b(?:wrote|menulis)[ \t]*:(?:(?=\s*>)|.*\Z)"
    r"|^[ \t]*(?:dari|from|von)[ \t]*:[^\n]*\n.*\Z",
    re.IGNORECASE | re.MULTILINE | re.DOTALL,
)
_SPELLED = re.compile(r"(?<!\w)[^\W_](?:[ .\-_*]{1,2}[^\W_]){3,}(?!\w)")


def asks_to_stop(text: str) -> bool:
    """Whether the reply asks for no more messages.

    >>> [asks_to_stop(each) for each in ("Stop. Terima kasih", "BERHENTI ya pak", "jangan stop", "bus stop")]
    [True, True, False, False]
    """
    own = _without_quotes(text[:LONGEST])
    if any(sign in own for sign in SIGN) and not _WORD.search(own):
        return True
    spelled = _SPELLED.sub(lambda found: re.sub(r"[\W_]", "", found[0]), _plain(own))
    clauses = [(_words(clause), is_question) for clause, is_question in _clauses(spelled)]
    clauses = [(words, is_question) for words, is_question in clauses if words]
    if len(clauses) == 1 and len(clauses[0][0]) == 1 and clauses[0][0][0] in ALONE:
        return True
    is_whole = len(clauses) == 1
    return any(_is_stop(words) and (is_whole or not is_question) for words, is_question in clauses)


def _without_quotes(text: str) -> str:
    """What the person wrote above and between the quoted lines of our own message, which says STOP itself."""
    return _QUOTED.sub("", text)


def _plain(text: str) -> str:
    """Small Latin letters without accents: full width, look-alikes of other scripts, invisible characters gone."""
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    kept = "".join(each for each in decomposed if unicodedata.category(each) not in ("Mn", "Cf", "Me"))
    return re.sub(r"\bopt[ -]out\b", "optout", "".join(_latin(word) for word in re.split(r"(\s+)", kept)))


def _latin(word: str) -> str:
    """A word with its look-alikes; a number stays one."""
    return word if word.isdigit() else word.translate(_LOOKALIKES)


def _clauses(text: str) -> list[tuple[str, bool]]:
    """Each clause, and whether a question mark ends it."""
    found, start = [], 0
    for end in _CLAUSE.finditer(text):
        found.append((text[start : end.start()], "?" in end[0]))
        start = end.end()
    return [*found, (text[start:], False)]


def _words(clause: str) -> list[str]:
    """The words, each run of one letter written once."""
    return [re.sub(r"(.)\1+", r"\1", re.sub(r"['’]", "", word)) for word in _WORD.findall(clause)]


_ALLOWED = STOP | POLITE | OBJECT


def _is_stop(words: list[str]) -> bool:
    stops = [place for place, word in enumerate(words) if word in STOP]
    if not stops:
        return _refuses_sending(words) or _asks_for_removal(words)
    first = stops[0]
    before, after = words[:first], words[first + 1 :]
    if DENIAL.intersection(before):
        return False
    if after and after[0] in OTHERWISE:
        return False
    if all(word in POLITE for word in before):
        return True
    return all(word in _ALLOWED for word in before) and all(word in _ALLOWED | DENIAL for word in after)


def _refuses_sending(words: list[str]) -> bool:
    """`jangan kirim pesan lagi`, `tidak mau dihubungi`: what is denied is our sending, and nothing else is said."""
    if not (DENIAL.intersection(words) and SENDING.intersection(words)):
        return False
    return all(word in _ALLOWED | DENIAL | SENDING for word in words) and words[-1] not in DENIAL


def _asks_for_removal(words: list[str]) -> bool:
    """`hapus nomor saya`, `please remove me from this list`: somebody is to be removed, and nothing else is said."""
    asked = [word for word in words if word not in POLITE]
    if not asked or asked[0] not in REMOVAL or not ONESELF.intersection(asked):
        return False
    return all(word in _ALLOWED | ONESELF for word in asked[1:])

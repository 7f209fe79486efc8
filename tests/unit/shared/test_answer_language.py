"""Whoever asks for Indonesian is answered in it; whoever asks for nothing in English, as ever."""

import httpx
import pytest
from fastapi import FastAPI, Response
from fastapi.responses import StreamingResponse

from shared import problems
from shared.problems import Problem
from shared.web import language
from shared.web.answer_language import AnswerLanguage

ENGLISH, INDONESIAN = "A NIB has exactly 13 digits.", "NIB terdiri atas tepat 13 angka."


@pytest.fixture
async def client():
    app = FastAPI()
    problems.install(app)
    app.add_middleware(AnswerLanguage, languages=language.load())

    @app.get("/v1/problem")
    async def problem():
        raise Problem(422, "invalid_nib", ENGLISH, field="nib", rejected=[{"detail": ENGLISH}])

    @app.get("/v1/quarantine")
    async def quarantine():
        return {"items": [{"detail": ENGLISH, "event": {"detail": ENGLISH}, "cells": [ENGLISH]}, {"detail": None}]}

    @app.get("/v1/other")
    async def other():
        return {"detail": ENGLISH}

    @app.get("/v1/imports/stream")
    async def stream():
        return StreamingResponse(iter(["data: ", ENGLISH]), media_type="text/event-stream")

    @app.get("/v1/events")
    async def nothing():
        return Response(status_code=204)

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as made:
        yield made


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ({}, ENGLISH),
        ({"accept-language": "en"}, ENGLISH),
        ({"accept-language": "id-ID,id;q=0.9,en;q=0.5"}, INDONESIAN),
        ({"cookie": "payung_language=id"}, INDONESIAN),
    ],
)
async def test_the_sentences_of_an_answer_are_in_the_language_asked_for(client, headers, told):
    answer = await client.get("/v1/problem", headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert answer.json() | {"detail": told, "code": "invalid_nib", "rejected": [{"detail": told}]} == answer.json()
    assert answer.headers.get("content-language") == ("id" if told == INDONESIAN else None)
    items = (await client.get("/v1/quarantine", headers=headers)).json()["items"]
    sent = {"event": {"detail": ENGLISH}, "cells": [ENGLISH]}
    assert items == [{"detail": told, **sent}, {"detail": None}], "what was sent stays as it is"


async def test_other_answers_are_passed_on_as_they_are(client):
    headers = {"accept-language": "id"}
    assert (await client.get("/v1/other", headers=headers)).json() == {"detail": ENGLISH}
    assert (await client.get("/v1/imports/stream", headers=headers)).text == f"data: {ENGLISH}"
    assert (await client.get("/v1/events", headers=headers)).status_code == 204
    missing = await client.get("/v1/nowhere", headers=headers)
    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")

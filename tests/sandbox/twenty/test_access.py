"""Tokens of every kind, and what roles may do."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest

from bridge.sandbox.twenty import NEWEST, TwentySandbox, twenty_sandbox
from bridge.sandbox.twenty.errors import NotAuthenticated
from bridge.sandbox.twenty.tokens import Claims, Issuer

Ask = Callable[..., Awaitable[Any]]

PEOPLE = "{people {totalCount}}"
LOGIN = """mutation ($p: String!) {
  getLoginTokenFromCredentials(email: "admin@sandbox.example", password: $p, origin: "") {
    loginToken {token} } }"""
TOKENS = """mutation ($t: String!) {getAuthTokensFromLoginToken(loginToken: $t, origin: "") {
  tokens {accessOrWorkspaceAgnosticToken {token} refreshToken {token}} }}"""
ISSUER = Issuer("0123456789abcdef0123456789abcdef", "workspace")


def test_a_token_says_whose_it_is() -> None:
    assert ISSUER.read(ISSUER.issue("API_KEY", "key")[0]) == Claims("API_KEY", "key")
    assert ISSUER.read(ISSUER.issue("ACCESS", "user")[0]) == Claims("ACCESS", "user")


@pytest.mark.parametrize(
    ("token", "message"),
    [
        ("abc", "Token invalid."),
        ("a.b.c", "Token invalid."),
        (Issuer("another secret, as long as needed", "w").issue("ACCESS", "user")[0], "Token invalid."),
        (ISSUER.issue("ACCESS", "user", expires=datetime(2026, 1, 1, tzinfo=UTC))[0], "Token has expired."),
    ],
)
def test_a_token_that_does_not_hold(token: str, message: str) -> None:
    with pytest.raises(NotAuthenticated, match=message):
        ISSUER.read(token)


async def test_a_user_signs_in(ask: Ask) -> None:
    wrong = await ask(LOGIN, to="/metadata", token=None, p="wrong")
    assert wrong["errors"][0]["message"] == "Wrong password"
    right = await ask(LOGIN, to="/metadata", token=None, p="sandbox")
    login = right["data"]["getLoginTokenFromCredentials"]["loginToken"]["token"]
    answer = await ask(TOKENS, to="/metadata", token=None, t=login)
    tokens = answer["data"]["getAuthTokensFromLoginToken"]["tokens"]
    access = tokens["accessOrWorkspaceAgnosticToken"]["token"]
    who = await ask("{currentUser {email workspaceMember {userEmail}}}", to="/metadata", token=access)
    email = "admin@sandbox.example"
    assert who["data"]["currentUser"] == {"email": email, "workspaceMember": {"userEmail": email}}
    for other in (login, tokens["refreshToken"]["token"]):
        refused = await ask("{currentUser {email}}", to="/metadata", token=other)
        assert refused["errors"][0]["extensions"]["subCode"] == "INVALID_JWT_TOKEN_TYPE"


async def test_what_one_twenty_is_told_no_other_knows(
    sandbox: TwentySandbox, ask: Ask, asker: Callable[[TwentySandbox], Ask], generation: str
) -> None:
    """Both begin as copies of one workspace; tokens, records and structure are their own."""
    add = """mutation ($id: UUID!) {createOneField(input: {field:
      {objectMetadataId: $id, name: "mood", label: "Mood", type: TEXT}}) {id}}"""
    objects = "{objects(paging: {first: 200}) {edges {node {id nameSingular}}}}"
    async with twenty_sandbox(provisioned=True, generation=generation) as other:
        ask_other = asker(other)
        assert (await ask_other(PEOPLE, token=sandbox.api_key))["errors"][0]["message"] == "Token invalid."
        await ask('mutation {createPerson(data: {name: {firstName: "Jane"}}) {id}}')
        nodes = (await ask(objects, to="/metadata"))["data"]["objects"]["edges"]
        call = next(edge["node"]["id"] for edge in nodes if edge["node"]["nameSingular"] == "phoneCall")
        assert "errors" not in await ask(add, to="/metadata", id=call)
        good = 'mutation {createPhoneCall(data: {mood: "good"}) {mood}}'
        assert (await ask(good))["data"] == {"createPhoneCall": {"mood": "good"}}
        assert "mood" in (await ask_other(good))["errors"][0]["message"]
        assert (await ask_other(PEOPLE))["data"] == {"people": {"totalCount": 0}}


async def test_an_api_key_is_made_used_and_revoked(sandbox: TwentySandbox, ask: Ask) -> None:
    user = {"to": "/metadata", "token": sandbox.user_token}
    roles = (await ask("{getRoles {id label}}", **user))["data"]["getRoles"]
    role = next(one["id"] for one in roles if one["label"] == "Read only")
    expires = "2036-01-01T00:00:00.000Z"
    given = {"name": "mine", "expiresAt": expires, "roleId": role}
    create = "mutation ($i: CreateApiKeyInput!) {createApiKey(input: $i) {id role {label}}}"
    refused = await ask(create, to="/metadata", i=given)
    assert refused["errors"][0]["message"] == "This endpoint requires a session access token"
    made = (await ask(create, **user, i=given))["data"]["createApiKey"]
    assert made["role"] == {"label": "Read only"}
    mint = "mutation ($i: UUID!, $e: String!) {generateApiKeyToken(apiKeyId: $i, expiresAt: $e) {token}}"
    token = (await ask(mint, **user, i=made["id"], e=expires))["data"]["generateApiKeyToken"]["token"]
    assert "errors" not in await ask(PEOPLE, token=token)
    await ask(
        "mutation ($i: RevokeApiKeyInput!) {revokeApiKey(input: $i) {id}}", **user, i={"id": made["id"]}
    )
    assert (await ask(PEOPLE, token=token))["errors"][0]["message"] == "This API Key is revoked"


@pytest.mark.parametrize(
    ("query", "variables", "where"),
    [
        ("mutation {createNote(data: {}) {id}}", {}, "/graphql"),
        ("mutation {deleteNotes(filter: {}) {id}}", {}, "/graphql"),
        ("mutation {destroyNotes(filter: {}) {id}}", {}, "/graphql"),
        (
            "mutation ($i: UpdateOneObjectInput!) {updateOneObject(input: $i) {id}}",
            {"i": {"id": "5c498408-4fd5-4347-b2c6-043dcc635c4a", "update": {}}},
            "/metadata",
        ),
    ],
)
async def test_a_reading_role_changes_nothing(
    sandbox: TwentySandbox, ask: Ask, query: str, variables: Any, where: str
) -> None:
    answer = await ask(query, to=where, token=sandbox.readonly_key, **variables)
    assert answer["errors"][0]["extensions"]["subCode"] == "PERMISSION_DENIED"


async def test_nobody_sees_a_workspace_without_fields(ask: Ask) -> None:
    message = 'Cannot query field "people" on type "Query".'
    assert (await ask(PEOPLE, token=None))["errors"][0]["message"] == message
    hidden = await ask("{__schema {queryType {name}}}", token=None)
    assert "introspection has been disabled" in hidden["errors"][0]["message"]
    forbidden = await ask("{objects {edges {node {id}}}}", to="/metadata", token=None)
    assert forbidden["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_a_role_with_one_settings_permission(sandbox: TwentySandbox, ask: Ask) -> None:
    roles = (await ask("{getRoles {id label}}", to="/metadata"))["data"]["getRoles"]
    role = next(one["id"] for one in roles if one["label"] == "Read only")
    allow = """mutation ($i: UpsertPermissionFlagsInput!) {
      upsertPermissionFlags(upsertPermissionFlagsInput: $i) {roleId flag} }"""
    given = {"roleId": role, "permissionFlagKeys": ["API_KEYS_AND_WEBHOOKS"]}
    read = "{webhooks {id}}"
    refused = await ask(read, to="/metadata", token=sandbox.readonly_key)
    assert "does not have permission" in refused["errors"][0]["message"]
    flags = (await ask(allow, to="/metadata", i=given))["data"]["upsertPermissionFlags"]
    assert flags == [{"roleId": role, "flag": "API_KEYS_AND_WEBHOOKS"}]
    assert (await ask(read, to="/metadata", token=sandbox.readonly_key))["data"] == {"webhooks": []}
    other = await ask("{getRoles {id}}", to="/metadata", token=sandbox.readonly_key)
    assert "does not have permission" in other["errors"][0]["message"]


WHO = "{currentUser {email}}"


@pytest.mark.parametrize("generation", [NEWEST])
@pytest.mark.parametrize(
    ("cookie", "origin", "status", "known"),
    [
        ("twenty-session={}", "{url}", 200, True),
        ("__Host-twenty-session={}; other=1", "{url}", 200, True),
        ("twenty-session={}", "https://elsewhere.example.com", 403, False),
        ("twenty-session={}", None, 403, False),
        ("session={}", "{url}", 200, False),
        ("session={}", None, 200, False),
        ("twenty-session=invented", None, 200, False),
        ("twenty-session=sess_invented", "{url}", 200, False),
    ],
)
async def test_a_session_counts_for_its_own_pages(
    sandbox: TwentySandbox,
    session: aiohttp.ClientSession,
    cookie: str,
    origin: str | None,
    status: int,
    known: bool,
) -> None:
    headers = {"Cookie": cookie.format(sandbox.session)}
    if origin:
        headers["Origin"] = origin.format(url=sandbox.url)
    async with session.post(f"{sandbox.url}/metadata", json={"query": WHO}, headers=headers) as answer:
        told = await answer.json()
    assert answer.status == status
    assert (told.get("data") or {}).get("currentUser") == (
        {"email": "admin@sandbox.example"} if known else None
    )
    if status == 403:
        assert told["error"] == "CSRF_ORIGIN_MISMATCH"


@pytest.mark.parametrize("generation", [NEWEST])
async def test_a_token_needs_no_origin(sandbox: TwentySandbox, session: aiohttp.ClientSession) -> None:
    headers = {"Cookie": f"twenty-session={sandbox.session}", "Authorization": f"Bearer {sandbox.user_token}"}
    async with session.post(f"{sandbox.url}/metadata", json={"query": WHO}, headers=headers) as answer:
        assert "errors" not in await answer.json()


@pytest.mark.parametrize("generation", [NEWEST])
async def test_who_signs_in_gets_a_cookie(sandbox: TwentySandbox) -> None:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:

        async def post(query: str, **variables: str) -> Any:
            body, headers = {"query": query, "variables": variables}, {"Origin": sandbox.url}
            async with browser.post(f"{sandbox.url}/metadata", json=body, headers=headers) as answer:
                return (await answer.json())["data"]

        login = (await post(LOGIN, p="sandbox"))["getLoginTokenFromCredentials"]["loginToken"]["token"]
        await post(TOKENS, t=login)
        assert (await post(WHO))["currentUser"] == {"email": "admin@sandbox.example"}


async def test_users_can_be_signed_out(sandbox: TwentySandbox, ask: Ask) -> None:
    sandbox.faults.signed_out = True
    refused = await ask(WHO, to="/metadata", token=sandbox.user_token)
    assert refused["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert "errors" not in await ask(PEOPLE)

"""The review page: lists of copies, each copy with its facts and its brief's other variants, and the decisions.

Rendered on the server, works without JavaScript, loads nothing from elsewhere. Who may talk to it is in
``review.guard``, what a decision has to pass in ``review.decisions``.
"""

from collections.abc import Awaitable, Callable, Collection
from importlib.resources import files
from typing import Annotated, Any
from urllib.parse import quote, unquote

import jinja2
from fastapi import Depends, FastAPI, Path, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from generation.channels import LOCALES, UnknownChannel, channel_names, load_channel
from generation.prompts import clean
from review.addresses import STATUSES, ListAddress
from review.decisions import BadInput, approve, approve_each, edited_fields, note_text, reviewer_name, save_edit
from review.guard import HEADERS, TOKEN, Forged, is_own_form, is_own_host, own_form, own_names, token_of
from review.show import inputs, show
from sql.copies import (
    COUNT_MOST,
    UnknownCopy,
    campaign_names,
    copies_of_brief,
    count_copies,
    list_copies,
    read_copies,
    read_copy,
)
from sql.database import Database, DatabaseUnavailable
from sql.promotions import expire
from sql.reviews import DECIDED, Decision, DecisionRefused, Verdict, decide, review_history

PAGE = 25
REVIEWER = "copydesk_reviewer"
YEAR = 365 * 24 * 3600

_templates = jinja2.Environment(
    loader=jinja2.PackageLoader("review", "pages"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
# Without the invisible and direction-changing characters by which catalogue text could pass for another text.
_templates.filters["visible"] = clean
_templates.filters["money"] = lambda amount: f"{amount.normalize():f}" if amount % 1 == 0 else f"{amount:.2f}"
Form = Annotated[FormData, Depends(own_form)]
CopyId = Annotated[int, Path(ge=1, le=2**63 - 1)]


def create_app(database: Database, host: str = "127.0.0.1", names: Collection[str] = ()) -> FastAPI:
    """The page over one database. ``names`` are further host names it is reached by, as behind a proxy."""
    app = FastAPI(title="copydesk", docs_url=None, redoc_url=None, openapi_url=None)
    known = own_names(host, names)

    @app.middleware("http")
    async def guard(request: Request, handle: Callable[[Request], Awaitable[Response]]) -> Response:
        if not is_own_host(request.headers.get("host", ""), known):
            return Response("copydesk doesn't go by this name\n", 400, HEADERS, "text/plain")
        if request.method not in {"GET", "HEAD"} and not is_own_form(request):
            return Response("this form didn't come from copydesk's own page\n", 403, HEADERS, "text/plain")
        response = await handle(request)
        response.headers.update(HEADERS)
        return response

    _add_pages(app, database)
    _add_decisions(app, database)
    _add_errors(app)
    return app


def _add_pages(app: FastAPI, database: Database) -> None:
    @app.get("/healthz")
    def healthz() -> JSONResponse:
        with database.begin() as connection:
            connection.exec_driver_sql("select 1")
        return JSONResponse({"status": "ok"})

    @app.get("/style.css")
    def style() -> Response:
        return Response((files("review") / "pages" / "style.css").read_text("utf-8"), media_type="text/css")

    @app.get("/")
    def waiting(request: Request, asked: Annotated[ListAddress, Query()]) -> Response:
        return _list(request, database, asked, notice=asked.notice())

    @app.get("/copies/{copy_id}")
    def one_copy(request: Request, copy_id: CopyId, back: str = "") -> Response:
        return _copy_page(request, database, copy_id, back)

    @app.get("/reviewer")
    def reviewer(request: Request) -> Response:
        return _render(request, "reviewer.html")


def _add_decisions(app: FastAPI, database: Database) -> None:
    @app.post("/reviewer")
    def set_reviewer(form: Form) -> Response:
        return _remember(RedirectResponse("/", 303), reviewer_name(_text(form, "reviewer")))

    @app.post("/approve")
    def approve_ticked(request: Request, form: Form) -> Response:
        """The ticked rows, the one row whose button was pressed, or every row of the page."""
        reviewer = reviewer_name(_text(form, "reviewer"))
        one, everything = _text(form, "one"), _text(form, "everything")
        picked = [one] if one else [str(item) for item in form.getlist("shown" if everything else "ticked")]
        decisions = [_picked(item, reviewer) for item in dict.fromkeys(picked)]
        if not decisions:
            raise BadInput("no copy was ticked")
        if refused := approve_each(database, decisions):
            counted = len(decisions) - len(refused)
            done = f"{counted} approved, {len(refused)} not:" if counted else "Nothing was approved:"
            asked = ListAddress.from_address(_text(form, "back"))
            return _remember(_list(request, database, asked, problems=[done, *refused], status=409), reviewer)
        return _remember(_to_list(form, "approve", len(decisions)), reviewer)

    @app.post("/copies/{copy_id}/approve")
    def approve_one(copy_id: CopyId, form: Form) -> Response:
        decision = _decision(form, copy_id, "approve")
        approve(database, decision)
        return _remember(_to_list(form, "approve"), decision.reviewer)

    @app.post("/copies/{copy_id}/reject")
    def reject_one(copy_id: CopyId, form: Form) -> Response:
        decision = _decision(form, copy_id, "reject", note=note_text(_text(form, "note")))
        decide(database, decision)
        return _remember(_to_list(form, "reject"), decision.reviewer)

    @app.post("/copies/{copy_id}/edit")
    def edit_one(request: Request, copy_id: CopyId, form: Form) -> Response:
        channel = load_channel(read_copy(database, copy_id).brief.channel)
        entered = {spec.name: [str(line) for line in form.getlist(f"field.{spec.name}")] for spec in channel.fields}
        try:
            decision = _decision(form, copy_id, "edit", fields=edited_fields(entered, channel))
            save_edit(database, decision)
        except BadInput as exc:
            back = _text(form, "back")
            return _copy_page(request, database, copy_id, back, entered=entered, problem=str(exc), status=422)
        return _remember(_to_list(form, "edit"), decision.reviewer)


def _add_errors(app: FastAPI) -> None:
    def said(status: int, title: str) -> Callable[[Request, Exception], Response]:
        def handle(request: Request, exc: Exception) -> Response:
            return _render(request, "message.html", status, title=title, lines=[str(exc)])

        return handle

    app.add_exception_handler(DecisionRefused, said(409, "Not saved"))
    app.add_exception_handler(BadInput, said(422, "Not saved"))
    app.add_exception_handler(Forged, said(403, "Not saved"))
    app.add_exception_handler(UnknownCopy, said(404, "Not found"))
    app.add_exception_handler(UnknownChannel, said(409, "Its channel is gone"))
    app.add_exception_handler(DatabaseUnavailable, said(503, "The database can't be reached"))

    @app.exception_handler(RequestValidationError)
    def bad_address(request: Request, exc: RequestValidationError) -> Response:
        lines = [f"{error['loc'][-1]}: {error['msg']}" for error in exc.errors()]
        return _render(request, "message.html", 422, title="This address can't be read", lines=lines)

    @app.exception_handler(HTTPException)
    def no_page(request: Request, exc: HTTPException) -> Response:
        return _render(request, "message.html", exc.status_code, title=str(exc.detail), lines=[])


def _list(
    request: Request,
    database: Database,
    asked: ListAddress,
    *,
    notice: str = "",
    problems: Collection[str] = (),
    status: int = 200,
) -> Response:
    expire(database)  # what ended at midnight is offered no more, though no run has been
    filters = asked.filters()
    total = count_copies(database, filters)
    pages = max(1, -(-total // PAGE))
    asked = asked.model_copy(update={"page": min(asked.page, pages) if total <= COUNT_MOST else asked.page})
    ids = list_copies(database, filters, sort=asked.sort, limit=PAGE, offset=(asked.page - 1) * PAGE)
    rows = [show(copy) for copy in read_copies(database, ids)]
    return _render(
        request, "list.html", status, asked=asked, rows=rows, total=total, pages=pages, most=COUNT_MOST, notice=notice,
        problems=problems, campaigns=campaign_names(database), channels=channel_names(), locales=LOCALES,
        statuses=STATUSES, back=asked.address(),
    )  # fmt: skip


def _copy_page(
    request: Request,
    database: Database,
    copy_id: int,
    back: str,
    *,
    entered: dict[str, list[str]] | None = None,
    problem: str = "",
    status: int = 200,
) -> Response:
    back = ListAddress.from_address(back).address()
    copy = read_copy(database, copy_id)
    others = [show(other) for other in copies_of_brief(database, copy.brief.id) if other.id != copy_id]
    channel = load_channel(copy.brief.channel)
    return _render(
        request, "copy.html", status, shown=show(copy), others=others, history=review_history(database, copy.brief.id),
        inputs=inputs(channel, entered or copy.fields, copy.brief.locale), channel=channel, back=back, problem=problem,
        decided=DECIDED,
    )  # fmt: skip


def _render(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    token, reviewer = token_of(request), unquote(request.cookies.get(REVIEWER, ""))
    html = _templates.get_template(template).render(token=token, reviewer=reviewer, **values)
    response = HTMLResponse(html, status)
    # Lax, not strict: coming from a link in a chat would else make a new token and spoil the forms that are open.
    response.set_cookie(TOKEN, token, httponly=True, samesite="lax")
    return response


def _remember(response: Response, reviewer: str) -> Response:
    # Percent-encoded: a cookie holds ASCII only, a name may be 王芳.
    response.set_cookie(REVIEWER, quote(reviewer), max_age=YEAR, httponly=True, samesite="lax")
    return response


def _text(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


def _decision(form: FormData, copy_id: int, verdict: Verdict, **values: Any) -> Decision:
    return Decision(copy_id, verdict, reviewer_name(_text(form, "reviewer")), _number(_text(form, "seen")), **values)


def _picked(item: str, reviewer: str) -> Decision:
    """From ``12:7``: copy 12, whose brief's newest decision was 7 when the page was made."""
    copy_id, _, seen = item.partition(":")
    return Decision(_number(copy_id), "approve", reviewer, _number(seen))


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise BadInput("the form is damaged: reload the page and decide again")
    return int(text)


def _to_list(form: FormData, done: Verdict, count: int = 1) -> Response:
    """Back to the list that the reviewer came from."""
    return RedirectResponse(ListAddress.from_address(_text(form, "back")).after(done, count), 303)

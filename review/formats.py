"""A copy → rows of the file that a platform imports: one function for each format, columns as that platform names them.

Which copies, writing and marking them is in ``review.exports``.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from generation.channels import channel_names, load_channel
from review.cells import UnsafeCell, safe, web_address
from review.provenance import AI_SOURCE, content_id
from sql.copies import StoredCopy

Row = Mapping[str, Any]  # str for every format that is a table


@dataclass(frozen=True, slots=True)
class Format:
    """A format's rows. ``channels`` None takes any; ``key`` is a column that no two rows may share."""

    name: str
    rows: Callable[[StoredCopy], list[Row]]
    columns: tuple[str, ...]
    channels: tuple[str, ...] | None = None
    delimiter: str | None = ","  # None: JSON
    key: str | None = None


def _provenance(stored: StoredCopy) -> dict[str, str]:
    """That a model wrote it, which, and who answers for it: EU AI Act art. 50, China's 标识办法 of 1 September 2025."""
    return {
        "content_id": content_id(stored),
        "ai_generated": "true",
        "ai_label": stored.ai_label,
        "ai_source": AI_SOURCE,
        "ai_model": stored.model,
        "human_edited": "true" if stored.edited else "false",
        "reviewed_by": stored.decided_by or "",
        "reviewed_at": stored.decided_at.isoformat(timespec="seconds") if stored.decided_at else "",
    }


_CELL = ("product_id", "segment_id", "channel", "locale")
_ABOUT = (
    "copy_id", "campaign", *_CELL, "segment_name", "product_title", "brand", "url", "score", "run_id", "subject_id",
    "question", "other_product_title",
)  # fmt: skip
PROVENANCE = (
    "content_id",
    "ai_generated",
    "ai_label",
    "ai_source",
    "ai_model",
    "human_edited",
    "reviewed_by",
    "reviewed_at",
)


def _numbered(label: str, lines: Sequence[str], most: int) -> dict[str, str]:
    return {f"{label} {n + 1}": lines[n] if n < len(lines) else "" for n in range(most)}


def _name(stored: StoredCopy) -> str:
    """Ids, as titles repeat and change."""
    brief = stored.brief
    return f"{brief.product.id} / {brief.segment.id} / {brief.locale}"


def google_ads_editor(stored: StoredCopy) -> list[Row]:
    """A paused responsive search ad. Source: https://support.google.com/google-ads/editor/answer/57747"""
    fields = stored.fields
    row = {
        "Campaign": stored.brief.campaign.name,
        "Ad Group": _name(stored),
        "Ad type": "Responsive search ad",
        **_numbered("Headline", fields["headline"], 15),
        **_numbered("Description", fields["description"], 4),
        **_numbered("Path", fields.get("path", ()), 2),
        "Final URL": web_address("url", stored.brief.product.url),
        "Status": "Paused",
        "Labels": stored.ai_label,
        "Comment": _comment(stored),
    }
    return [_checked(row)]


def _comment(stored: StoredCopy) -> str:
    return f"copy {stored.id}, written by {stored.model}, approved by {stored.decided_by or 'nobody'}"


def google_ads_editor_pmax(stored: StoredCopy) -> list[Row]:
    """A paused asset group of a Performance Max campaign; images, and the business name where blank, are the account's.

    Cells as https://support.google.com/google-ads/editor/answer/57747 has them. That page lists no columns of asset
    groups: these are as files made by and for the editor name them, whose import lets people match the columns.
    """
    fields = stored.fields
    row = {
        "Campaign": stored.brief.campaign.name,
        "Asset Group": _name(stored),
        "Asset Group Status": "Paused",
        **_numbered("Headline", fields["headline"], 15),
        **_numbered("Long headline", fields["long_headline"], 5),
        **_numbered("Description", fields["description"], 5),
        "Business name": next(iter(fields.get("business_name", ())), ""),
        **_numbered("Path", fields.get("path", ()), 2),
        "Final URL": web_address("url", stored.brief.product.url),
        "Comment": f"{stored.ai_label}; {_comment(stored)}",
    }
    return [_checked(row)]


def amazon(stored: StoredCopy) -> list[Row]:
    """A listing's words, to be laid over the inventory template of the product's own category, by its column names.

    A partial update: cells that the row lacks, or leaves blank, stay as they are. The product's id stands for the SKU.
    Source, as the templates ask for a login: https://amalyze.com/resources/guides/listing/amazon-listing-flat-file-upload
    """
    fields = stored.fields
    bullets = fields["bullet"]
    row = {
        "item_sku": stored.brief.product.id,
        "update_delete": "PartialUpdate",
        "item_name": fields["title"][0],
        **{f"bullet_point{n + 1}": bullets[n] if n < len(bullets) else "" for n in range(5)},
        "product_description": fields["description"][0],
    }
    return [_checked(row)]


def meta(stored: StoredCopy) -> list[Row]:
    """Paused ads, one for each alternative text. Image and targeting are the ad account's, so left blank."""
    texts, titles, descriptions = (stored.fields[name] for name in ("primary_text", "headline", "description"))
    rows: list[Row] = []
    for n in range(max(len(texts), len(titles), len(descriptions))):
        row = {
            "Campaign Name": stored.brief.campaign.name,
            "Campaign Status": "PAUSED",
            "Ad Set Name": _name(stored),
            "Ad Set Run Status": "PAUSED",
            "Ad Name": f"copy {stored.id}.{n + 1} {stored.ai_label}",
            "Ad Status": "PAUSED",
            "Title": titles[min(n, len(titles) - 1)],
            "Body": texts[min(n, len(texts) - 1)],
            "Link Description": descriptions[min(n, len(descriptions) - 1)],
            "Link": web_address("url", stored.brief.product.url),
            "Call to Action": "SHOP_NOW",
            "Image Hash": "",
        }
        rows.append(_checked(row))
    return rows


def merchant(stored: StoredCopy) -> list[Row]:
    """A supplemental source for Merchant Center, tab-delimited with quoted fields.

    Sources: https://support.google.com/merchants/answer/6324415 (structured titles, the limits) and 14998273 (quotes).
    """
    title, description = stored.fields["headline"][0], stored.fields["description"][0]
    for column, value, limit in (
        ("id", stored.brief.product.id, 50),
        ("structured_title", title, 150),
        ("structured_description", description, 5000),
    ):
        if len(value) > limit:
            raise UnsafeCell(f"{column} is {len(value)}, Merchant Center's limit is {limit}: {value[:80]!r}")
    checked = _checked({"id": stored.brief.product.id, "title": title, "description": description})
    return [
        {
            "id": checked["id"],
            "structured_title": _by_model(checked["title"]),
            "structured_description": _by_model(checked["description"]),
        }
    ]


def _by_model(text: str) -> str:
    """Both sub-attributes; the second is quoted, as it may hold a colon, and its own quotes are doubled."""
    doubled = text.replace('"', '""')
    return f'{AI_SOURCE}:"{doubled}"'


def klaviyo(stored: StoredCopy) -> list[Row]:
    """An item of a custom catalog feed, one node deep; the words stand beside the product's own title and link.

    Source: https://developers.klaviyo.com/en/docs/guide-to-syncing-a-custom-catalog-feed-to-klaviyo
    """
    product = stored.brief.product
    row: dict[str, Any] = {
        **_checked(
            {
                "id": _item_id(stored),
                "title": product.title,
                "link": web_address("url", product.url),
                "description": _main_text(stored),
                "image_link": web_address("image_url", product.image_url),
                **_cell(stored),
                **_flat(stored),
                **_provenance(stored),
            }
        )
    }
    if product.price is not None:
        row["price"] = float(product.price)
    row["categories"] = [safe("category", product.category)] if product.category else []
    return [row]


def braze(stored: StoredCopy) -> list[Row]:
    """A row of a catalog, its id made for a Liquid lookup: product--segment--channel--locale.

    Source: https://www.braze.com/docs/user_guide/data/activation/catalogs/create/
    """
    item = _item_id(stored)
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,250}", item):
        raise UnsafeCell(f"id holds more than letters, digits, hyphens and underscores, or over 250: {item[:80]!r}")
    product = stored.brief.product
    row = {"id": item, "product_title": product.title, "link": product.url or "", **_cell(stored), **_flat(stored)}
    return [_checked({**row, **_provenance(stored)})]


def csv_rows(stored: StoredCopy) -> list[Row]:
    """Everything about a copy in one row; each line of each field in a column of its own."""
    return [_checked({**_about(stored), **_flat(stored), **_provenance(stored)})]


def jsonl(stored: StoredCopy) -> list[Row]:
    """Everything about a copy; the fields as arrays, as the database has them."""
    row: dict[str, Any] = dict(_checked({**_about(stored), **_provenance(stored)}))
    fields = {name: [safe(name, line) for line in lines] for name, lines in stored.fields.items()}
    numbers = {"copy_id": stored.id, "run_id": stored.run_id, "score": stored.score}
    flags = {"ai_generated": True, "human_edited": stored.edited}
    return [{**row, **numbers, **flags, "fields": fields}]


def _about(stored: StoredCopy) -> dict[str, str]:
    product, segment = stored.brief.product, stored.brief.segment
    question, other = stored.brief.question, stored.brief.other
    return {
        "copy_id": str(stored.id),
        "campaign": stored.brief.campaign.name,
        **_cell(stored),
        "segment_name": segment.name,
        "product_title": product.title,
        "brand": product.brand or "",
        "url": product.url or "",
        "score": "" if stored.score is None else f"{stored.score:.2f}",
        "run_id": str(stored.run_id),
        "subject_id": stored.subject_id,
        "question": question.text if question else "",
        "other_product_title": other.title if other else "",
    }


def _cell(stored: StoredCopy) -> dict[str, str]:
    brief = stored.brief
    ids = {"product_id": brief.product.id, "segment_id": brief.segment.id}
    return {**ids, "channel": brief.channel, "locale": brief.locale}


def _item_id(stored: StoredCopy) -> str:
    return "--".join(_cell(stored).values())


def _main_text(stored: StoredCopy) -> str:
    for name in ("body", "description", "primary_text"):
        if lines := stored.fields.get(name):
            return lines[0]
    return next(iter(stored.fields.values()))[0]


@cache
def field_columns() -> Mapping[str, tuple[str, ...]]:
    """The columns of each field, the same every night: numbered where any channel takes more than one line."""
    most: dict[str, int] = {}
    for channel in channel_names():
        for spec in load_channel(channel).fields:
            most[spec.name] = max(spec.maximum, most.get(spec.name, 0))
    return {
        name: (name,) if count == 1 else tuple(f"{name}_{n + 1}" for n in range(count)) for name, count in most.items()
    }


def _flat(stored: StoredCopy) -> dict[str, str]:
    """The copy's lines, each under its column."""
    pairs = ((field_columns()[name], lines) for name, lines in stored.fields.items())
    return {column: line for columns, lines in pairs for column, line in zip(columns, lines, strict=False)}


def columns_for(channels: Sequence[str]) -> tuple[str, ...]:
    """The columns that copies of those channels may fill, in the channels' order."""
    specs = (spec for channel in channels for spec in load_channel(channel).fields)
    return tuple(dict.fromkeys(name for spec in specs for name in field_columns()[spec.name][: spec.maximum]))


def _checked(row: Mapping[str, str]) -> dict[str, str]:
    return {column: safe(column, value) for column, value in row.items()}


_MAILING = ("email", "push", "sms", "product_page")

FORMATS: Mapping[str, Format] = {
    entry.name: entry
    for entry in (
        Format(
            "google_ads_editor",
            google_ads_editor,
            (
                "Campaign", "Ad Group", "Ad type", *(f"Headline {n}" for n in range(1, 16)),
                *(f"Description {n}" for n in range(1, 5)), "Path 1", "Path 2", "Final URL", "Status", "Labels",
                "Comment",
            ),
            ("google_rsa",),
        ),
        Format(
            "google_ads_editor_pmax",
            google_ads_editor_pmax,
            (
                "Campaign", "Asset Group", "Asset Group Status", *(f"Headline {n}" for n in range(1, 16)),
                *(f"Long headline {n}" for n in range(1, 6)), *(f"Description {n}" for n in range(1, 6)),
                "Business name", "Path 1", "Path 2", "Final URL", "Comment",
            ),
            ("pmax",),
        ),
        Format(
            "amazon",
            amazon,
            (
                "item_sku", "update_delete", "item_name", *(f"bullet_point{n}" for n in range(1, 6)),
                "product_description",
            ),
            ("amazon_listing",),
            key="item_sku",
        ),
        Format(
            "meta",
            meta,
            (
                "Campaign Name", "Campaign Status", "Ad Set Name", "Ad Set Run Status", "Ad Name", "Ad Status", "Title",
                "Body", "Link Description", "Link", "Call to Action", "Image Hash",
            ),
            ("meta_feed",),
        ),
        Format(
            "merchant",
            merchant,
            ("id", "structured_title", "structured_description"),
            ("product_page",),
            delimiter="\t",
            key="id",
        ),
        Format("klaviyo", klaviyo, (), _MAILING, delimiter=None, key="id"),
        Format("braze", braze, ("id", *_CELL, "product_title", "link", *PROVENANCE), _MAILING, key="id"),
        Format("csv", csv_rows, (*_ABOUT, *PROVENANCE)),
        Format("jsonl", jsonl, (), delimiter=None),
    )
}  # fmt: skip

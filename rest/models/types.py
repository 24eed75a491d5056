"""What all documents share: strict scalars as JSON knows them, and the two bases every document derives from."""

import math
import re
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, StringConstraints

MAX_ID_CHARACTERS = 255  # no system prints a longer id, and an index entry has to hold it
MIN_WHOLE, MAX_WHOLE = -(2**31), 2**31 - 1  # GraphQL's Int
ONE_LINE = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$"  # no control character, no line break
DATE_THEN_TIME = re.compile(r"[0-9W-]{7,10}[Tt ][0-9]")  # fromisoformat takes a bare date and any separator


def utc_moment(text: str) -> datetime:
    """The moment an ISO 8601 date-time names, in UTC; one without an offset is read as UTC.

    Raises ValueError for what is no date-time, or lies outside of the years 1 to 9999 in UTC.
    """
    if not DATE_THEN_TIME.match(text):
        raise ValueError("must be an ISO 8601 date-time such as 2026-04-07T10:30:00Z")
    moment = datetime.fromisoformat(f"{text[:-1]}+00:00" if text[-1] in "Zz" else text)
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("must lie within the years 1 to 9999 in UTC") from None


def _date_time(text: str) -> str:
    utc_moment(text)
    return text


def _integral(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _finite(value: int | float) -> int | float:
    try:
        is_finite = math.isfinite(value)
    except OverflowError:  # an integer beyond the largest float
        is_finite = False
    if not is_finite:
        raise ValueError("must be a finite number")
    return value


Text = str
Id = Annotated[str, StringConstraints(min_length=1, max_length=MAX_ID_CHARACTERS, pattern=ONE_LINE)]
# The id of another record. May be empty: Evershell sends an empty text, not null, for what is not there.
Reference = Annotated[str, StringConstraints(max_length=MAX_ID_CHARACTERS, pattern=ONE_LINE)]
Timestamp = Annotated[str, AfterValidator(_date_time)]
# JSON does not tell 3 from 3.0, so an integral float is a whole number.
Whole = Annotated[int, BeforeValidator(_integral), Field(ge=MIN_WHOLE, le=MAX_WHOLE)]
Count = Annotated[Whole, Field(ge=0)]
Number = Annotated[int | float, AfterValidator(_finite)]
Json = JsonValue
Free = dict[str, JsonValue]


class Document(BaseModel):
    """A JSON object of one dialect: what is known is checked strictly, what is unknown is kept."""

    model_config = ConfigDict(extra="allow", strict=True)


class RecordDocument(Document):
    """A document that is a record of its own: `record` names its kind, `id_field` the JSON key of its id.

    A subclass declares the field of that key, required, as `Id`.
    """

    record: ClassVar[str]
    id_field: ClassVar[str] = "id"

"""GraphQL input types made of pydantic models, so that an input's fields and its checks are declared once."""

from __future__ import annotations

import types
from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

import strawberry
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from errors import InvalidInputError
from operations.operation import IdOf
from operations.problems import problems_of
from schema import enums
from schema.nodes import text_of
from schema.scalars import JSON

Model = TypeVar("Model", bound=BaseModel)
PLAIN: dict[Any, Any] = {str: str, int: int, float: float, bool: bool, datetime: datetime}
ENUMS = [one for one in vars(enums).values() if isinstance(one, type) and issubclass(one, Enum) and one is not Enum]


@cache
def input_type(model: type[BaseModel]) -> Any:
    """The GraphQL input of a model: `CreateChart` becomes `CreateChartInput`, field by field.

    What may be absent and has no default is left unset, so that absent and null stay different things.
    """
    members: dict[str, Any] = {"__annotations__": {}}
    base_last = sorted(model.model_fields, key=lambda name: name not in model.__annotations__)
    for name in base_last:
        field = model.model_fields[name]
        members["__annotations__"][name] = _type_of(field)
        members[name] = strawberry.field(description=field.description, default=_default_of(field))
        if field.is_required():
            members[name] = strawberry.field(description=field.description)
    made = type(f"{model.__name__}Input", (), members)
    return strawberry.input(made, description=text_of(model))


def _type_of(field: FieldInfo) -> Any:
    of = ID if any(isinstance(one, IdOf) for one in field.metadata) else graph_type(field.annotation)
    return of if field.is_required() and not _takes_none(field.annotation) else of | None


ID: Any = strawberry.ID


def graph_type(annotation: Any) -> Any:
    """The GraphQL type, as Strawberry takes it, of a pydantic annotation; null aside."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return ID if any(isinstance(one, IdOf) for one in arguments[1:]) else graph_type(arguments[0])
    if origin in (Union, types.UnionType):
        kept = [one for one in arguments if one is not types.NoneType]
        return graph_type(kept[0]) if len(kept) == 1 else JSON
    if origin in (list, tuple):
        return list[graph_type(arguments[0])]  # type: ignore[misc]
    if origin is Literal:
        return _enum_of(arguments)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return input_type(annotation)
    return PLAIN.get(annotation, JSON)


def _enum_of(words: tuple[Any, ...]) -> Any:
    """The enum of the graph that has all these members; text where there is none."""
    found = [one for one in ENUMS if set(words) <= one.__members__.keys()]
    return min(found, key=len) if found else str


def _takes_none(annotation: Any) -> bool:
    return annotation is Any or types.NoneType in get_args(annotation)


def _default_of(field: FieldInfo) -> Any:
    if field.is_required() or field.default is None or field.default_factory is not None:
        return strawberry.UNSET
    of = graph_type(field.annotation)
    return of(field.default) if isinstance(of, type) and issubclass(of, Enum) else field.default


def checked(model: type[Model], given: Any, root: str = "") -> Model:
    """The model of an input that came in. Raises InvalidInputError, which lists every problem by its place."""
    try:
        return model.model_validate(plain(given, model))
    except ValidationError as error:
        raise InvalidInputError(problems_of(error, root)) from None


def plain(given: Any, model: type[BaseModel]) -> dict[str, Any]:
    """An input's fields as the model takes them: those that were given, by name."""
    found = {}
    for name, field in model.model_fields.items():
        value = getattr(given, name)
        if value is strawberry.UNSET or (
            value is None and not _takes_none(field.annotation) and not field.is_required()
        ):
            continue
        found[name] = _plain(value, field.annotation)
    return found


def _plain(value: Any, annotation: Any) -> Any:
    if isinstance(value, list):
        inner = next((get_args(one)[0] for one in (annotation, *get_args(annotation)) if get_origin(one) is list), Any)
        return [_plain(one, inner) for one in value]
    if isinstance(value, Enum):
        return value.value
    model = _model_in(annotation)
    return (
        plain(value, model)
        if model and not isinstance(value, Mapping) and hasattr(value, "__strawberry_definition__")
        else value
    )


def _model_in(annotation: Any) -> type[BaseModel] | None:
    candidates = (annotation, *get_args(annotation))
    return next((one for one in candidates if isinstance(one, type) and issubclass(one, BaseModel)), None)

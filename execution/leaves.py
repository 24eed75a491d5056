"""How a leaf is written: a value of a scalar or an enum becomes what the encoder takes. Source: GraphQL, 6.4.3.

The expressions here become part of the generated row functions. `lost()` stands for a null where none may be: it
answers None and notes that the answer has a fault.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLEnumType, GraphQLLeafType, Undefined
from graphql.execution.executor import Executor

from execution.feeds import RowColumn

AS_THEY_ARE: dict[str, type] = {"String": str, "ID": str, "Boolean": bool}  # values of the class need no coercion
INT_MAX, INT_MIN = 2**31 - 1, -(2**31)


@dataclass(frozen=True, eq=False)
class Leaf:
    """A leaf type in one field: how its values are written, and whether there must be one.

    `native` is the class of values that the encoder writes, so that no function is called for them.
    """

    of: GraphQLLeafType
    is_required: bool
    native: type | None
    names: dict[Any, str]  # of an enum: the name of each value

    def write(self, value: Any) -> Any:
        """What is answered for a value that is there. Raises what the coercion raises."""
        if isinstance(value, Exception):
            raise value
        return Executor.complete_leaf_value(self.of, value)

    def written(self, value: Any, lost: Callable[[], None]) -> Any:
        """What is answered for any value."""
        if value is None or value is Undefined:
            return lost() if self.is_required else None
        return self.write(value)

    def of_attribute(self, text: str, number: int) -> str:
        """The expression that writes an attribute `text`; `number` names this leaf's functions."""
        return f"written{number}({text}, lost)"

    def of_column(self, column: RowColumn, text: str, number: int) -> str:
        """The expression that writes a column that lies in the variable `text`."""
        present = self._of_present(column, text, number)
        if not column.nullable:
            return present
        if self.is_required:
            return f"(lost() if {text} is None else {present})"
        return text if present == text else f"(None if {text} is None else {present})"

    def _of_present(self, column: RowColumn, text: str, number: int) -> str:
        if self.native is not None and column.python is self.native:
            return f"raw{number}({text})" if column.written else text
        if self.names and column.read is None:
            return f"names{number}[{text}]"
        if column.python is not None and column.python is AS_THEY_ARE.get(self.of.name):
            return f"read{number}({text})" if column.read else text
        if self.of.name == "Int" and column.python is int and column.read is None:
            return f"({text} if {INT_MIN} <= {text} <= {INT_MAX} else write{number}({text}))"
        return f"write{number}(read{number}({text}))" if column.read else f"write{number}({text})"

    def functions(self, number: int, column: RowColumn | None) -> dict[str, Any]:
        """What the expressions call, by name."""
        named: dict[str, Any] = {f"write{number}": self.write, f"written{number}": self.written}
        if column is not None:
            named |= {f"read{number}": column.read, f"raw{number}": column.written, f"names{number}": self.names}
        return named


def leaf_of(of: GraphQLLeafType, native: Mapping[str, type], *, is_required: bool) -> Leaf:
    """The leaf of a type. `native` gives the class of those scalars that the encoder writes as a row holds them."""
    names = {}
    if isinstance(of, GraphQLEnumType):
        names = {value.value: name for name, value in of.values.items() if _is_hashable(value.value)}
    return Leaf(of, is_required, native.get(of.name), names)


def _is_hashable(value: Any) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True

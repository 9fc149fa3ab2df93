"""The wsbeat contract, as text and data, and the functions that read it.

``protocol.md`` is normative. Everything here reads that text and the files beside it; nothing
here adds to them. Importing this package loads none of its modules: each is imported by the first
use of a name that it defines, so that a command line which needs one number pays for one file.
"""

from importlib import import_module

# Importing typing would cost more than all the rest of this file; checkers know the name as it is.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from spec.contract import CloseCode as CloseCode
    from spec.contract import ConformanceClass as ConformanceClass
    from spec.contract import Constant as Constant
    from spec.contract import Requirement as Requirement
    from spec.contract import SpecificationError as SpecificationError
    from spec.contract import UnknownRequirement as UnknownRequirement
    from spec.contract import close_codes as close_codes
    from spec.contract import conformance_classes as conformance_classes
    from spec.contract import constants as constants
    from spec.contract import requirement as requirement
    from spec.contract import requirements as requirements
    from spec.contract import version as version
    from spec.exchange import Exchange as Exchange
    from spec.exchange import exchanges as exchanges
    from spec.history import is_in as is_in
    from spec.history import versions as versions
    from spec.mend import Mend as Mend
    from spec.mend import mend_of as mend_of
    from spec.mend import mends as mends
    from spec.parameters import SHIPPED as SHIPPED
    from spec.parameters import Timing as Timing
    from spec.parameters import TimingError as TimingError
    from spec.parameters import broken_rules as broken_rules
    from spec.parameters import load_timing as load_timing
    from spec.validation import Problem as Problem
    from spec.validation import schema as schema
    from spec.validation import schema_names as schema_names
    from spec.validation import validate as validate
    from spec.vector import UNSPECIFIED as UNSPECIFIED
    from spec.vector import Unspecified as Unspecified
    from spec.vector import Vector as Vector
    from spec.vector import vectors as vectors

_HOMES = {
    "spec.contract": (
        "CloseCode",
        "ConformanceClass",
        "Constant",
        "Requirement",
        "SpecificationError",
        "UnknownRequirement",
        "close_codes",
        "conformance_classes",
        "constants",
        "requirement",
        "requirements",
        "version",
    ),
    "spec.exchange": ("Exchange", "exchanges"),
    "spec.history": ("is_in", "versions"),
    "spec.mend": ("Mend", "mend_of", "mends"),
    "spec.parameters": ("SHIPPED", "Timing", "TimingError", "broken_rules", "load_timing"),
    "spec.validation": ("Problem", "schema", "schema_names", "validate"),
    "spec.vector": ("UNSPECIFIED", "Unspecified", "Vector", "vectors"),
}


def __getattr__(name: str) -> object:
    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(module), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(name for names in _HOMES.values() for name in names)

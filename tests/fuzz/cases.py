"""The types of the library that makes requests up, without what they leave open."""

from typing import Any

from schemathesis import APIOperation
from schemathesis import Case as AnyCase

Operation = APIOperation[Any, Any, Any, Any]
Case = AnyCase[Any]

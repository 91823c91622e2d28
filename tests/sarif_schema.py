"""The part of SARIF 2.1.0 that specc writes, as a strict JSON schema: required properties, no others, legal values."""

from __future__ import annotations

from typing import Any

_LEVEL = {"enum": ["none", "note", "warning", "error"]}
_POSITIVE = {"type": "integer", "minimum": 1}


def _record(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"type": "object", "required": list(required), "properties": {**required, **(optional or {})},
            "additionalProperties": False}


def _list(items: dict[str, Any], least: int = 0) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": least}


_MESSAGE = _record({"text": {"type": "string"}})
# A URI reference: only unreserved, reserved and percent-encoded characters, and no scheme but file.
_URI = {"type": "string", "pattern": r"^(file:///)?([A-Za-z0-9._~!$&'()*+,;=@/-]|%[0-9A-F]{2})*$"}
_ARTIFACT = _record({"uri": _URI})
_REGION = _record({key: _POSITIVE for key in ("startLine", "startColumn", "endLine", "endColumn")})
_PHYSICAL = _record({"artifactLocation": _ARTIFACT, "region": _REGION})
_RELATED = _record({"id": {"type": "integer", "minimum": 0}, "physicalLocation": _PHYSICAL, "message": _MESSAGE})
_REPLACEMENT = _record({"deletedRegion": _REGION, "insertedContent": _MESSAGE})
_CHANGE = _record({"artifactLocation": _ARTIFACT, "replacements": _list(_REPLACEMENT, 1)})
_FIX = _record({"description": _MESSAGE, "artifactChanges": _list(_CHANGE, 1)})
_RESULT = _record(
    {"ruleId": {"type": "string", "pattern": r"^S\d{3}$"}, "ruleIndex": {"type": "integer", "minimum": 0},
     "level": _LEVEL, "message": _MESSAGE, "locations": _list(_record({"physicalLocation": _PHYSICAL}), 1)},
    {"relatedLocations": _list(_RELATED), "fixes": _list(_FIX)})
_RULE = _record({"id": {"type": "string"}, "name": {"type": "string"}, "shortDescription": _MESSAGE, "help": _MESSAGE,
                 "defaultConfiguration": _record({"level": _LEVEL})})
_DRIVER = _record({"name": {"const": "specc"}, "version": {"type": "string"}, "rules": _list(_RULE)})
_RUN = _record({"tool": _record({"driver": _DRIVER}), "columnKind": {"const": "unicodeCodePoints"},
                "artifacts": _list(_record({"location": _ARTIFACT})), "results": _list(_RESULT)})
SCHEMA = _record({"$schema": {"type": "string"}, "version": {"const": "2.1.0"},
                  "runs": {**_list(_RUN, 1), "maxItems": 1}})

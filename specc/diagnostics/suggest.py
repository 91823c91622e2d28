"""Did you mean: the known names nearest to one that is not known."""

from __future__ import annotations

from collections.abc import Iterable

_LONGEST = 60  # letters of a word that is looked for
_MOST = 3000  # candidates that are looked at


def nearest(word: str, candidates: Iterable[str], limit: int = 3) -> list[str]:
    """At most `limit` candidates that `word` may have been meant for, the likeliest first."""
    if not word or len(word) > _LONGEST:
        return []
    known = sorted(set(candidates))[:_MOST]
    ranked = sorted((rank, name) for name in known if (rank := _rank(word, name)) is not None)
    if not ranked:
        return []
    # A clear winner stands alone: a worse match beside it would only be noise.
    best = ranked[0][0]
    return [name for rank, name in ranked if rank <= best + (best > 0)][:limit]


def did_you_mean(word: str, candidates: Iterable[str]) -> str | None:
    """The sentence `did you mean A, B or C?`, or None where nothing is near."""
    names = nearest(word, candidates)
    if not names:
        return None
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
    return f"did you mean {listed}?"


def _rank(word: str, name: str) -> int | None:
    """How far apart two names are: 0 in letter case only, then by typing slips, then by a shared beginning."""
    plain, other = _plain(word), _plain(name)
    if plain == other:
        return 0
    shorter, longer = sorted((len(plain), len(other)))
    allowed = max(shorter > 1, shorter // 3)
    if longer - shorter <= allowed and (slips := distance(plain, other, allowed)) <= allowed:
        return slips
    if longer * 2 // 5 <= shorter >= 3 and (other.startswith(plain) or plain.startswith(other)):
        return 3 + (longer - shorter) // 4
    return None


def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")


def distance(first: str, second: str, limit: int) -> int:
    """Insertions, deletions, replacements and swaps of neighbours between two words; `limit + 1` if there are more."""
    before: list[int] = []
    above = list(range(len(second) + 1))
    for row, letter in enumerate(first, 1):
        here = [row]
        for column, other in enumerate(second, 1):
            cost = min(above[column] + 1, here[-1] + 1, above[column - 1] + (letter != other))
            if row > 1 and column > 1 and letter == second[column - 2] and first[row - 2] == other:
                cost = min(cost, before[column - 2] + 1)
            here.append(cost)
        if min(here) > limit:
            return limit + 1
        before, above = above, here
    return min(above[-1], limit + 1)

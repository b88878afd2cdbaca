"""What a run has seen, for people and for programs."""

import json
from dataclasses import asdict, dataclass, field


@dataclass(slots=True)
class Report:
    """Counts, times in seconds, and every promise that was broken."""

    seed: int
    seconds: float
    kills: dict[str, int] = field(default_factory=dict[str, int])
    not_found: dict[str, int] = field(default_factory=dict[str, int])
    submissions: int = 0
    posts: int = 0
    refused_or_cut_off: dict[str, int] = field(default_factory=dict[str, int])
    slowest_answer: float = 0.0
    analyses: dict[str, int] = field(default_factory=dict[str, int])
    lost_leases: int = 0
    failed_tries: int = 0
    events: int = 0
    attempts: int = 0
    receiver: dict[str, int] = field(default_factory=dict[str, int])
    duplicates: int = 0
    """Webhooks that the receiver took more than once."""
    outages: int = 0
    slowest_recovery: float = 0.0
    longest_silence: float = 0.0
    settled_after: float = 0.0
    violations: list[str] = field(default_factory=list[str])
    story: list[str] = field(default_factory=list[str])

    def as_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)

    def as_text(self) -> str:
        lines = [
            ("seed", str(self.seed)),
            ("kills", f"{sum(self.kills.values())}: {_counts(self.kills)}"),
            ("no victim found", _counts(self.not_found)),
            ("submissions", f"{self.submissions} in {self.posts} posts, slowest {self.slowest_answer:.1f} s"),
            ("  not answered 202", _counts(self.refused_or_cut_off)),
            ("analyses", _counts(self.analyses)),
            ("  interrupted", f"{self.lost_leases} leases lost, {self.failed_tries} tries failed"),
            ("events", f"{self.events}, delivered in {self.attempts} recorded attempts"),
            ("  the receiver", _counts(self.receiver)),
            ("  duplicates", str(self.duplicates)),
            ("API outages", f"{self.outages}, longest {self.slowest_recovery:.1f} s"),
            ("longest silence", f"{self.longest_silence:.1f} s in which a worker had a hand free"),
            ("settled", f"{self.settled_after:.1f} s after the last kill"),
        ]
        width = max(len(name) for name, _ in lines) + 2
        text = [f"{name:<{width}}{value}" for name, value in lines]
        verdict = [f"VIOLATED: {one}" for one in self.violations] or ["Nothing lost, nothing twice."]
        return "\n".join([*text, "", *verdict])


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{number} {name}" for name, number in sorted(counts.items()) if number) or "none"

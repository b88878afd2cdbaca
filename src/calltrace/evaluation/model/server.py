"""Which model server, as the settings say, and what is known of it from earlier calls."""

from dataclasses import dataclass, field
from pathlib import Path

from pydantic import Field

from calltrace.evaluation.model.memory import Memory
from calltrace.evaluation.model.prompts import VERSION
from calltrace.kit.document import Document
from calltrace.kit.remote import Manners, endpoint
from calltrace.settings import Settings


class ModelChoice(Document):
    """What the settings say about a language model; see the README. No ``url``: there is none."""

    url: str = ""
    model: str = ""
    api_key: str = Field(default="", repr=False)
    ca_file: Path | None = None
    concurrency: int = 2
    timeout_seconds: float = 120.0
    call_seconds: float = 600.0
    context_tokens: int = 8_192
    budget_tokens: int = 60_000
    redact: bool = True
    waits: tuple[float, ...] = (1.0, 4.0)


def chosen_model(settings: Settings) -> ModelChoice:
    """The choice that an operator made."""
    return ModelChoice(
        url=settings.llm_url, model=settings.llm_model, api_key=settings.llm_api_key,
        ca_file=settings.outbound_ca_file, concurrency=settings.llm_concurrency,
        timeout_seconds=settings.llm_timeout_seconds, call_seconds=settings.llm_call_seconds,
        context_tokens=settings.llm_context_tokens, budget_tokens=settings.llm_budget_tokens,
        redact=settings.llm_redact == "on",
    )  # fmt: skip


@dataclass(slots=True)
class ModelServer:
    """A server for the life of this process.

    Attributes:
        form: which form of answer it turned out to be able to give (``talk``).
        unknown: parameters that it does not take.
        memory: what it answered lately.
    """

    choice: ModelChoice
    form: int = 0
    unknown: set[str] = field(default_factory=set[str])
    memory: Memory = field(default_factory=Memory)

    @property
    def name(self) -> str:
        """Model and prompts, as results are pinned to. Where it runs is nobody's business who reads one."""
        return f"{self.choice.model} (model, prompts {VERSION})"

    @property
    def manners(self) -> Manners:
        """How it is to be treated."""
        where = endpoint(self.choice.url, "/chat/completions", known=("/chat/completions",))
        return Manners(
            where, "model server", "LLM", "an opinion", self.choice.api_key, self.choice.ca_file,
            self.choice.concurrency, self.choice.timeout_seconds, self.choice.waits,
        )  # fmt: skip


def load_model(choice: ModelChoice) -> ModelServer | None:
    """The server that the settings name, if they name one. Nothing is asked yet."""
    return ModelServer(choice) if choice.url else None

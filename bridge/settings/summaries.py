"""Summaries: which model makes them."""

from typing import Self

from pydantic import Field, SecretStr, model_validator

from bridge.language.phrase import phrase
from bridge.settings.types import BaseUrl, Section


class SummarySettings(Section):
    """Summaries of transcribed calls, by any server that speaks `POST /v1/chat/completions`.

    `url` is where its API begins, up to `/v1`; unset, there are no summaries. With `tasks`, up to three of
    the next steps that a model proposes become tasks, marked as proposed.
    """

    url: BaseUrl | None = Field(None, examples=["http://ollama:11434/v1"])
    api_key: SecretStr | None = Field(None, min_length=1)
    model: str | None = Field(None, min_length=1, max_length=200, examples=["qwen3:8b"])
    tasks: bool = False
    timeout_seconds: int = Field(300, ge=5, le=3600)

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if (self.url is None) != (self.model is None):
            raise ValueError(phrase("url and model belong together"))
        return self

    @property
    def is_on(self) -> bool:
        """Whether calls are summarised."""
        return self.url is not None

"""The outputs of one cell of a student's, cut while they come."""

from __future__ import annotations

from typing import Any

RICH = 6 * 10**6  # characters of images and tables of one cell
MOST = 500  # outputs of one cell
TRACEBACK = 20_000
SHOWN = ("text/plain", "text/markdown", "text/latex", "image/png", "image/jpeg")
CUT = "\n... cut here: this cell has written too much.\n"


class Outputs:
    """Collects messages of a kernel as outputs of a notebook."""

    def __init__(self, characters: int) -> None:
        self.made: list[dict] = []
        self.cut = False
        self._text, self._rich = characters, RICH
        self._shown: dict[str, dict] = {}

    def say(self, message: dict) -> None:
        """Add one message; whatever it is. What is too long, or none of a kernel's, is dropped."""
        content = message["content"]
        match message["msg_type"]:
            case "stream" if isinstance(content.get("text"), str):
                self.write(content["text"], "stderr" if content.get("name") == "stderr" else "stdout")
            case "display_data" | "execute_result":
                self._show(content, None)
            case "update_display_data":
                known = self._shown.get(_display(content))
                if known:
                    self._show(content, known)
            case "error":
                lines = content.get("traceback")
                lines = [line for line in lines if isinstance(line, str)] if isinstance(lines, list) else []
                self.stop(str(content.get("ename")), str(content.get("evalue")), lines)
            case "clear_output":
                self.made.clear()

    def write(self, text: str, name: str = "stdout") -> None:
        """Add text as it was printed."""
        if self._text <= 0 or len(self.made) >= MOST:
            self.cut = True
            return
        if len(text) > self._text:
            text, self.cut = text[: self._text] + CUT, True
        self._text -= len(text)
        if self.made and self.made[-1]["output_type"] == "stream" and self.made[-1]["name"] == name:
            self.made[-1]["text"] += text
        else:
            self.made.append({"output_type": "stream", "name": name, "text": text})

    def stop(self, name: str, sentence: str, lines: list[str] | None = None) -> None:
        """Add an error."""
        told = "\n".join(lines or [sentence])[-TRACEBACK:]
        self.made.append(
            {
                "output_type": "error",
                "ename": name[:200],
                "evalue": sentence[:TRACEBACK],
                "traceback": told.split("\n"),
            }
        )

    def _show(self, content: dict, known: dict | None) -> None:
        data = content.get("data")
        kept = {
            kind: held
            for kind, held in (data.items() if isinstance(data, dict) else ())
            if kind in SHOWN and isinstance(held, str)
        }
        size = sum(map(len, kept.values()))
        if not kept or size > self._rich or len(self.made) >= MOST:
            self.cut = self.cut or bool(kept)
            return
        self._rich -= size
        if known is not None:
            known["data"] = kept
            return
        made: dict[str, Any] = {"output_type": "display_data", "data": kept, "metadata": {}}
        self.made.append(made)
        if identity := _display(content):
            self._shown[identity] = made


def _display(content: dict) -> str:
    transient = content.get("transient")
    return str(transient.get("display_id") or "") if isinstance(transient, dict) else ""

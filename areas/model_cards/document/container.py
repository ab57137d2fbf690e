"""What an export job runs: the card that was laid down becomes ``/opt/ml/output/pdf/card.pdf``."""

import json
import os
from pathlib import Path


def main() -> int:
    """Read ``input/card.json``, write the PDF, and leave the reason in ``output/failure`` when that fails."""
    from areas.model_cards.document import pdf

    base = Path(os.environ.get("SAGEMAKER_BASE_DIR") or "/opt/ml")
    card = json.loads((base / "input" / "card.json").read_text())
    try:
        pages = pdf.write(card, str(base / "output" / "pdf" / "card.pdf"))
    except Exception as error:
        (base / "output" / "failure").write_text(f"The PDF could not be laid out ({type(error).__name__}: {error}).")
        raise
    print(f"{pages} page{'s' if pages != 1 else ''}")
    return 0

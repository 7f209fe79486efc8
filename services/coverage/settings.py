"""coverage's settings, read once from the environment (`PAYUNG_…`)."""

from shared.service import ServiceSettings


class Settings(ServiceSettings):
    """`jkp` shows JKP among the programmes; `consume` off leaves consuming to workers of their own; `public_figures`
    shows the page of figures to everybody, down to provinces and without small counts."""

    jkp: bool = False
    consume: bool = True
    public_figures: bool = False
    max_records: int = 10_000
    """Records a batch at most: larger is quicker to catch up, smaller keeps the web routes of this process quicker."""

    @property
    def programmes(self) -> tuple[str, ...]:
        return ("JKK", "JKM", "JHT", "JP", "JKP") if self.jkp else ("JKK", "JKM", "JHT", "JP")

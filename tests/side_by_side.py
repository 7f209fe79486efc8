"""What the suite's two processes share out: files, since a file's tests share what they start; and all that a browser
looks at as one, since it shares a whole stack."""

from typing import Any

from xdist.scheduler import LoadFileScheduling  # type: ignore[import-not-found, import-untyped, unused-ignore]

ON_ONE_STACK = "tests/browser/"


class Files(LoadFileScheduling):  # type: ignore[misc, unused-ignore]
    def _split_scope(self, nodeid: str) -> str:
        return ON_ONE_STACK if nodeid.startswith(ON_ONE_STACK) else super()._split_scope(nodeid)


def pytest_xdist_make_scheduler(config: Any, log: Any) -> Files:
    return Files(config, log)

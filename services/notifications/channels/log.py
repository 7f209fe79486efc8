"""The default channel: logs that a reminder would go out. Contacts nobody."""

from services.notifications.channels import Message, Outcome
from shared.observability import get_logger

log = get_logger(__name__)


class LogChannel:
    """Writes one line a reminder, without personal data."""

    async def send(self, message: Message) -> Outcome:
        log.info("reminder", message=message.id, template=message.template, step=message.step, region=message.region)
        return Outcome("sent")

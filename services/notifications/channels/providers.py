"""The channels that have a provider here, by the settings."""

from services.notifications.channels import Channel, Channels
from services.notifications.channels.apprise_gateway import AppriseChannel, AppriseGateway
from services.notifications.channels.gateway import GatewayChannel
from services.notifications.channels.log import LogChannel
from services.notifications.channels.mail import MailChannel
from services.notifications.channels.mail_message import receives_replies
from services.notifications.settings import Settings
from shared.observability import get_logger

log = get_logger(__name__)


def channels_of(settings: Settings) -> Channels:
    """The log, and each channel that has a provider here."""
    channels: dict[str, Channel] = {"log": LogChannel()}
    if settings.gateways() and settings.inbound_secret is None:
        log.warning(
            "replies and receipts come in only with a key of the scope 'inbound': PAYUNG_INBOUND_SECRET is not set"
        )
    for name, gateway in settings.gateways().items():
        if isinstance(gateway, AppriseGateway):
            channels[name] = AppriseChannel(name, gateway)
        else:
            channels[name] = GatewayChannel(name, gateway)
    if settings.smtp is not None:
        if not receives_replies(settings.sender):
            log.warning("no answer can reach us: set PAYUNG_MAIL_FROM; until then messages name another way to stop")
        channels["email"] = MailChannel(settings.mail_server(), sender=settings.sender)
    return channels

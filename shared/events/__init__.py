"""The contracts on Kafka: one module a topic, its types beside their examples.

`TOPICS` names every topic with its policy, `TYPES` every event type with its topic and value type.
"""

from shared.events import access, claims, contacts, enrollments, intake, outreach, partners, reference
from shared.events.model import EventType, Topic

MODULES = (partners, contacts, enrollments, claims, outreach, reference, access, intake)

TOPICS: dict[str, Topic] = {module.TOPIC.name: module.TOPIC for module in MODULES}

TYPES: dict[tuple[str, str], EventType] = {
    (module.TOPIC.name, name): EventType(module.TOPIC.name, name, value)
    for module in MODULES
    for name, value in module.TYPES.items()
}
"""(topic, event type) → its value type; one name may be a type of `intake` and of a fact topic."""

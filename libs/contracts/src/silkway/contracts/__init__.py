"""The events of Silkway as data: models, topics, keys, CloudEvents in Kafka binary mode, schemas."""

from silkway.contracts.booking import *
from silkway.contracts.clock import *
from silkway.contracts.cloudevents import *
from silkway.contracts.codes import *
from silkway.contracts.credit import *
from silkway.contracts.credit_claim_events import *
from silkway.contracts.credit_hold_events import *
from silkway.contracts.credit_limit_events import *
from silkway.contracts.errors import *
from silkway.contracts.event import *
from silkway.contracts.keys import *
from silkway.contracts.logistics_events import *
from silkway.contracts.logistics_foresight_events import *
from silkway.contracts.notices import *
from silkway.contracts.notify_events import *
from silkway.contracts.order import *
from silkway.contracts.order_events import *
from silkway.contracts.order_issue_events import *
from silkway.contracts.order_money_events import *
from silkway.contracts.payment import *
from silkway.contracts.personal import *
from silkway.contracts.quote import *
from silkway.contracts.registry import *
from silkway.contracts.shipment import *
from silkway.contracts.topics import *

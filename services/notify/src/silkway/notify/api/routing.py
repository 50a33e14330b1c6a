"""The paths of notify."""

from silkway.messaging.http import Api

API = Api(
    "notify",
    operate=(
        "AcknowledgementRequested",
        "FindingSettled",
        "ReplayRequested",
        "PauseRequested",
        "ResumeRequested",
    ),
    admin=("SubscriptionRegistered", "erase", "erase_again"),
)

"""The one door of logistics over HTTP, to which each family of endpoints adds its own."""

from silkway.messaging.http import Api

API = Api(
    "logistics",
    publish=(
        "give_quote",
        "QuoteChosen",
        "BookingRefused",
        "BookingRolled",
        "ShipmentBooked",
        "ShipmentShipped",
        "MilestoneTracked",
        "MilestoneRetracted",
        "ShipmentSplit",
        "InquiryRaised",
        "InquiryAnswered",
        "RateCardPublished",
    ),
)

"""The supply chain shipment history of USAID (SCMS), read as the facts of trade that it stands for."""

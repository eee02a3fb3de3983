"""A stand-in for Vonage's SMS API, with the phones at the other end."""

from sandbox.vonage.routes import vonage_app
from sandbox.vonage.service import PRICE, Sms, SmsService

__all__ = ["PRICE", "Sms", "SmsService", "vonage_app"]

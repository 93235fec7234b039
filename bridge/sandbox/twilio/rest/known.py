"""The parameters of each operation; a test holds them equal to Twilio's description of its API."""


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


CALL_FILTERS = _names(
    "To From ParentCallSid Status StartTime StartTime< StartTime> EndTime EndTime< EndTime>"
)
CREATE_CALL = _names(
    """To From Method FallbackUrl FallbackMethod StatusCallback StatusCallbackEvent StatusCallbackMethod
    SendDigits Timeout Record RecordingChannels RecordingStatusCallback RecordingStatusCallbackMethod
    SipAuthUsername SipAuthPassword MachineDetection MachineDetectionTimeout RecordingStatusCallbackEvent
    Trim CallerId MachineDetectionSpeechThreshold MachineDetectionSpeechEndThreshold
    MachineDetectionSilenceTimeout AsyncAmd AsyncAmdStatusCallback AsyncAmdStatusCallbackMethod Byoc
    CallReason CallToken RecordingTrack TimeLimit ClientNotificationUrl Url Twiml ApplicationSid"""
)
UPDATE_CALL = _names(
    """Url Method Status FallbackUrl FallbackMethod StatusCallback StatusCallbackMethod Twiml
    TimeLimit"""
)
APPLICATION = _names(
    """FriendlyName ApiVersion VoiceUrl VoiceMethod VoiceFallbackUrl VoiceFallbackMethod StatusCallback
    StatusCallbackMethod VoiceCallerIdLookup SmsUrl SmsMethod SmsFallbackUrl SmsFallbackMethod
    SmsStatusCallback MessageStatusCallback PublicApplicationConnectEnabled"""
)
NUMBER = _names(
    """AccountSid ApiVersion FriendlyName SmsApplicationSid SmsFallbackMethod SmsFallbackUrl SmsMethod
    SmsUrl StatusCallback StatusCallbackMethod VoiceApplicationSid VoiceCallerIdLookup VoiceFallbackMethod
    VoiceFallbackUrl VoiceMethod VoiceUrl EmergencyStatus EmergencyAddressSid TrunkSid VoiceReceiveMode
    IdentitySid AddressSid BundleSid"""
)
NUMBER_FILTERS = frozenset({"Beta", "FriendlyName", "PhoneNumber", "Origin"})
CALLER_ID_FILTERS = frozenset({"FriendlyName", "PhoneNumber"})
RECORDING_DATES = frozenset({"DateCreated", "DateCreated<", "DateCreated>"})
RECORDING_FILTERS = RECORDING_DATES | {"CallSid", "ConferenceSid", "IncludeSoftDeleted"}
CREATE_RECORDING = _names(
    """RecordingStatusCallbackEvent RecordingStatusCallback RecordingStatusCallbackMethod Trim
    RecordingChannels RecordingTrack"""
)
UPDATE_RECORDING = frozenset({"Status", "PauseBehavior"})
FRIENDLY_NAME = frozenset({"FriendlyName"})

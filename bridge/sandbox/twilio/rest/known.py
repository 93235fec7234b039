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
CONFERENCE_FILTERS = _names(
    """DateCreated DateCreated< DateCreated> DateUpdated DateUpdated< DateUpdated> FriendlyName Status"""
)
UPDATE_CONFERENCE = frozenset({"Status", "AnnounceUrl", "AnnounceMethod"})
PARTICIPANT_FILTERS = frozenset({"Muted", "Hold", "Coaching"})
CREATE_PARTICIPANT = _names(
    """From To StatusCallback StatusCallbackMethod StatusCallbackEvent Label Timeout Record Muted Beep
    StartConferenceOnEnter EndConferenceOnExit WaitUrl WaitMethod EarlyMedia MaxParticipants ConferenceRecord
    ConferenceTrim ConferenceStatusCallback ConferenceStatusCallbackMethod ConferenceStatusCallbackEvent
    RecordingChannels RecordingStatusCallback RecordingStatusCallbackMethod SipAuthUsername SipAuthPassword
    Region ConferenceRecordingStatusCallback ConferenceRecordingStatusCallbackMethod
    RecordingStatusCallbackEvent ConferenceRecordingStatusCallbackEvent Coaching CallSidToCoach
    JitterBufferSize Byoc CallerId CallReason RecordingTrack TimeLimit MachineDetection
    MachineDetectionTimeout MachineDetectionSpeechThreshold MachineDetectionSpeechEndThreshold
    MachineDetectionSilenceTimeout AmdStatusCallback AmdStatusCallbackMethod Trim CallToken
    ClientNotificationUrl CallerDisplayName"""
)
UPDATE_PARTICIPANT = _names(
    """Muted Hold HoldUrl HoldMethod AnnounceUrl AnnounceMethod WaitUrl WaitMethod BeepOnExit
    EndConferenceOnExit Coaching CallSidToCoach"""
)
FRIENDLY_NAME = frozenset({"FriendlyName"})

"""What was said in calls: results as Twilio posted them, jobs of transcription, and the texts."""

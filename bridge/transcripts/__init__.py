"""From finished recordings to transcripts: jobs, the engines that transcribe, and their audio."""

"""What is live on one screen: read-only, fed by a child process and by what liveproof keeps."""

"""The pages of the app: one script each, and in parts/ what they share."""

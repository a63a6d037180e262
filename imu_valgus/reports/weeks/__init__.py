"""The pages about a person's weeks."""

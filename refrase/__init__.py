"""Refrase rewrites prompts for a named target model and proves by code that nothing was lost."""

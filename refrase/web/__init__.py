"""The web app: server-rendered pages, streaming with HTMX, complete without JavaScript."""

"""Does the rewrite still compile? The engines of the prompt's own templates compare both texts, in a guarded process.

Rendering a stranger's template is running a stranger's code, so it happens in a process of its own, with limits of
time and memory, in a sandbox where the engine has one, and with marker values in place of data.
"""

from refrase.rendering.rendering import Rendering

__all__ = ("Rendering",)

"""Read what callers give: messages, their parts, and the policies that guard them."""

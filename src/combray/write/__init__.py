"""Experience → items: read messages, guard, commit, embed, extract, revise, link, forget."""

"""Every public verb with drawn arguments: it works, or raises an error of ours, and harms nobody.

`COMBRAY_FUZZ=200` draws two hundred examples for each verb instead of a few.
"""

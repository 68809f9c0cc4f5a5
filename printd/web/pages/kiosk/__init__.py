"""The kiosk: screens for strangers who have a photo and twenty minutes. Source: ux reference 4.

What a visitor may do is what the routes of this package do: hand in a photo, see their own job,
cancel it while it waits, have their photo deleted. Nothing else is reachable from here.
"""

"""NetBox's event rules: a change of the inventory, which is no alert.

Format: https://netboxlabs.com/docs/netbox/integrations/webhooks/. Nothing here fires or ends.
"""

from ingestd.sources.shape import Shape

SHAPE = Shape(tool="netbox", needs=("event", "model | object_type"), otherwise="nothing")
read = SHAPE.read

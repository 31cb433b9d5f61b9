"""nagios2canopsis, a broker module: it passes what the broker receives to the connector, through a spool directory."""
from .module import properties, get_instance

"""nagios2canopsis, a broker module: hands over what Shinken sees to the connector, by way of a spool directory."""
from .module import properties, get_instance

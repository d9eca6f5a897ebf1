"""The architectures that the project knows, by name."""

from insects.errors import SettingsError
from insects.networks import efficientnet_lite0, small, tang, zhang
from insects.networks.network import Network, Recipe

_MODULES = (efficientnet_lite0, zhang, tang, small)
NETWORKS = {module.NETWORK.name: module.NETWORK for module in _MODULES}

__all__ = ["NETWORKS", "Network", "Recipe", "get_network"]


def get_network(name: str) -> Network:
    """Return the network of that name.

    Raises:
        SettingsError: no network has that name.
    """
    if name not in NETWORKS:
        raise SettingsError(f"No network is called {name!r}; there are {', '.join(NETWORKS)}.")
    return NETWORKS[name]
